// Command partnersim runs the Partner Center double as a program of its own; see the README beside the package.
package main

import (
	"github.com/seatflow/seatflow/services/kit/app"
	"github.com/seatflow/seatflow/services/partnersim"
)

func main() { app.Main(partnersim.Command) }
