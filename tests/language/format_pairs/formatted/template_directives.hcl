locals {
  a = "%{if x}yes%{endif}"
  b = "%{if x == 1}yes%{else}no%{endif}"
  c = "%{for x in y}${x},%{endfor}"
  d = "%{for k, v in y~} ${k}=${v} %{~endfor}"
  e = "%{if x~}%{for y in z~}${y}%{endfor~}%{endif~}"
  f = "%{if f(x, y) && !z}a%{endif}"
}
