## element
element-name-vietnamese-name-english = the Vietnamese name, the English name or the unit of count is missing; fill in all three
element-flag-0-1-give = a flag is 0 or 1; set min = 0, max = 1, scale = 0
element-level-changes-order = level_changes must be in order of days, one a day, each to another level than the one before; put them in order
element-each-change-definition-needs = each change of definition needs evidence_vi and a factor above 0, ordered by day; complete them

## form
element-range-scale-cannot-give = range { $min }..{ $max } or scale { $scale } is not valid; set min <= max and a scale of 0 to { $scale_max }
form-form-1-elements-one = a form has 1 to { $limit } elements; this one has { $elements }
form-there-no-element-declare = there is no element { $code }; declare it or correct the code
form-rule-uses-which-not = a rule uses { $code }, which is not on the form; remove the rule or add the element
form-there-no-form-declare = there is no form { $form }; declare it or correct the code
form-nobody-reviews-name-least = there is no reviewing level; name at least one in reviewers
form-element-entered-under-already = element { $code } is already entered under { $first }; each element is entered once
form-opening-of-unknown = there is no element { $of }; name the stock whose opening balance { $code } is
form-opening-of-unlike = { $code } is the opening balance of { $of }: both must be STOCK, different elements, and of one level and scale. A FLOW would count what was there once more at each successor
form-levels-differ = element { $code } is counted at { $counted }, the contract is reported at { $reported }: on some days nobody would report it, or two levels would; give both the same level and level_changes
form-element-counted-may-not = element { $code } is counted at { $counting_level } and may not be entered at { $level } too; remove it from this form
form-code-stands-here-times = code { $code } occurs { $count } times; use each code once
form-field-code-letters = { $code } is no code of a field; use 1 to 48 of A-Z, 0-9 and _, beginning with a letter

## figure-text
figure-text-not-a-figure = "{ $text }" is not a figure; enter a number such as 12, or nil, carried:12, missing:awaiting_source, missing:not_counted, missing:see_note
figure-text-thousands-whole = "{ $text }": is { $joined } meant? This figure has no decimals; enter the digits without point, comma or space
figure-text-thousands = "{ $text }": is { $joined } meant? Enter a point or comma only before the decimals, of which this figure has at most { $scale }
figure-text-no-decimals = "{ $text }": this figure has no decimals; enter a whole number
figure-text-too-many-decimals = "{ $text }": this figure has at most { $scale } decimals; shorten it
