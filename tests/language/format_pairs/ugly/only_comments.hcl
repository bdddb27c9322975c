# one
   # two

// three
 /* four */
