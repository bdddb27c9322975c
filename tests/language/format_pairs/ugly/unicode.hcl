locals {
é=1 # one
größe = 2 # two
a="é" # three
bb = "日本語" # four
ccc="👍🏽" # five
dddd = "👨‍👩‍👧" # six
日本="e\u0301" # seven
f = {
"é" : "x"
"日本語"=1
ключ = 2
a="🇩🇪🇫🇷" # flags
bb = "é" # combining
}
}
