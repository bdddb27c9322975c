	service	"web"	{
		a	=	1	# comment
		bbb	=	"tab	inside"
	inner	{
	c	=	[
	1,	2
	]
	}
	}
