"""{code: words that mean it, in six languages} of fields that hold one of a few things.

The first of a code is what the pages call it, and so what an export writes.
"""

KINDS = {
    "problem_owner": "problem owner|problem owners|problem_owner|porteur de problème"
    "|dueño del problema|владелец проблемы|问题所有者|صاحب المشكلة",
    "solution_owner": "solution owner|solution owners|solution_owner|solution provider"
    "|porteur de solution|dueño de la solución|владелец решения|解决方案所有者|صاحب الحل",
    "fund_owner": "fund owner|fund owners|fund_owner|funder|donor|investor|bailleur"
    "|bailleur de fonds|financiador|donante|донор|资助者|资金所有者|ممول|جهة مانحة",
    "beneficiary": "beneficiary|beneficiaries|bénéficiaire|beneficiario|бенефициар|受益者|مستفيد",
}
GENDERS = {
    "female": "female|f|woman|w|femme|féminin|mujer|femenino|женский|женщина|ж|女|女性|أنثى|امرأة",
    "male": "male|m|man|homme|masculin|hombre|masculino|h|мужской|мужчина|м|男|男性|ذكر|رجل",
    "other": "other|x|non-binary|nonbinary|diverse|autre|non binaire|otro|no binario"
    "|другой|其他|آخر",
    "undisclosed": "undisclosed|prefer not to say|not stated|non déclaré|no declarado|не указан"
    "|未说明|غير محدد",
}
PROTOCOL = {
    "head_of_state": "head of state or government|head of state|head of government|head_of_state"
    "|chef d’état ou de gouvernement|chef d’état|chef de gouvernement|jefe de estado o de gobierno"
    "|jefe de estado|jefe de gobierno|глава государства или правительства|глава государства"
    "|глава правительства|国家元首或政府首脑|国家元首|政府首脑"
    "|رئيس دولة أو حكومة|رئيس دولة|رئيس حكومة",
    "minister": "minister|ministre|ministro|ministra|министр|部长|وزير|وزيرة",
    "deputy_minister": "deputy minister whose minister comes|deputy minister|deputy_minister"
    "|vice-ministre|viceministro|viceministra|заместитель министра|副部长|نائب وزير|نائب الوزير",
    "regulator": "head of a regulator|head of regulator|regulator|dirigeant d’un régulateur"
    "|régulateur|jefe de un regulador|regulador|руководитель регулятора|регулятор|监管机构负责人"
    "|رئيس هيئة تنظيمية|هيئة تنظيمية",
    "ambassador": "ambassador|ambassadeur|ambassadrice|embajador|embajadora|посол|大使|سفير|سفيرة",
    "un_head": "executive head of a un agency|head of a un agency|un_head"
    "|chef d’une institution des nations unies|jefe de un organismo de las naciones unidas"
    "|руководитель учреждения оон|联合国机构负责人|رئيس وكالة تابعة للأمم المتحدة",
}
YES_NO = {
    "yes": "yes|y|true|1|x|star|vip|oui|o|vrai|sí|s|verdadero|да|истина|是|نعم|صحيح",
    "no": "no|n|false|0|none|non|faux|falso|нет|ложь|否|لا|خطأ",
}
