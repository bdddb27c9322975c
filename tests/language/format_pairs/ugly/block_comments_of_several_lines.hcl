/*
   A header
     with its own indentation.
*/
service "web" {
      /* inside
    of a block */
a = 1 /* goes
on */
bbbbbb = 2
    /*
     * starred
     */
c = 3
}
