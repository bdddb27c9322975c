

a = 1


b = 2
service "web" {


  c = 3



  d = 4


}



