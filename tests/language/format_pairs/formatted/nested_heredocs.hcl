locals {
  a = <<OUTER
before
${<<INNER
inner ${x}
INNER
}
after
OUTER
b = <<-OUTER
  %{if x}
  ${f(<<-INNER
    inner
    INNER
)}
  %{endif}
  OUTER
}
