locals {
  a = <<EOT
plain ${x} and ${y + 1}
${f(x, y)}
$${ not } %%{ not }
$ % "quotes" \n
${~x~}
EOT
  b = <<-EOT
  %{for x in y~}
  ${x}   ${x}
  %{endfor~}
  %{if a == b}
    yes
  %{else}
    no
  %{endif}
EOT
}
