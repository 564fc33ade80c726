## element
element-name-vietnamese-name-english = a name in Vietnamese, a name in English and a unit of count are needed; fill in all three
element-flag-0-1-give = a flag is 0 or 1: give min = 0, max = 1, scale = 0
element-each-change-definition-needs = each change of definition needs evidence_vi and a factor above 0, in the order of days

## form
element-range-scale-cannot-give = range { $min }..{ $max } or scale { $scale } cannot be; give min <= max and a scale of 0 to { $scale_max }
form-form-1-elements-one = a form has 1 to { $limit } elements; this one has { $elements }
form-there-no-element-declare = there is no element { $code }; declare it among the elements or mend the code
form-rule-uses-which-not = a rule uses { $code }, which is not on the form; drop the rule or add the element
form-there-no-form-declare = there is no form { $form }; declare it or mend the code
form-nobody-reviews-name-least = nobody reviews; name at least one level in reviewers
form-element-entered-under-already = element { $code } is entered under { $first } already; each element is entered once
form-element-counted-may-not = element { $code } is counted at { $counting_level } and may not be entered at { $level } too; take it off this form
form-code-stands-here-times = code { $code } stands here { $count } times; each code is used once
