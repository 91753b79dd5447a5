"""Questions: SELECT only, plain values that are ready to show; each states its cost."""
