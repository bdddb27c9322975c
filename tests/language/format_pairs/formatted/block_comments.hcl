/* one */ service "web" /* two */ { /* three */
  a /* four */  = /* five */ 1 /* six */
  /* seven */ b = 2
  c             = [1, /* eight */ 2 /* nine */, 3]
  d             = f(/* ten */)
  e             = x /* eleven */ + /* twelve */ y
}
