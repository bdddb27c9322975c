locals {
a = f( # opened
x, # first
# own line
y # last
) # closed
b = ( # opened
x # operand
+ # operator
y
)
c = [ # list
] # end
d = { # object
} # end
e = [for x in y : # loop
x # value
]
f = x ? /* then */ 1 : /* else */ 2
}
