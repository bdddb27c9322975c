variables {
tag="1.0"
}
run "plans" {
command=plan
variables {
tag = "2.0"
    desired_count=3
}
assert {
condition = service.web.desired_count==3
error_message="It is ${ service.web.desired_count }."
}
expect_failures=[ var.tag ]
}
