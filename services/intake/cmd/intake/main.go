// Command intake runs the intake service on its own.
package main

import (
	"github.com/seatflow/seatflow/services/intake"
	"github.com/seatflow/seatflow/services/kit/service"
)

func main() { service.Main("intake", intake.Run) }
