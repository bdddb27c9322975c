# one
# two

// three
/* four */
