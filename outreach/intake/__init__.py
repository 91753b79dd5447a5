"""The way in: bytes that anyone may have made, turned into checked values or plain refusals.

spreadsheet   a CSV or XLSX file, by its content, as a stream of rows
columns       which column holds what; people read row by row
addresses     e-mail addresses: exactly the one shown, or refused
"""
