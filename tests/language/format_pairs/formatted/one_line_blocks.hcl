a { b = 1 }
c { d = 1 }
e "x" "y" { f = [1, 2] }
g {}
h {}
i "x" {}
volume "v" { labels = { team = "shop" } }
j { k = {} }
l { m = [
  1,
2] }
