service "web" { # the service
a=1 # attribute
block { # block
b = 2 # attribute inside
} # end of block
list = [ # list
1, # one
] # end of list
} # end
x = 1 # after
yyyy = 2 # after
