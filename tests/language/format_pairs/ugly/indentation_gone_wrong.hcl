            service "a" {
        b = 1
  c {
                  d = [
          1,
    2
                ]
       }
    }
service "e" {
f = 1
        }
