// Command approval runs the approval service on its own.
package main

import (
	"github.com/seatflow/seatflow/services/approval"
	"github.com/seatflow/seatflow/services/kit/service"
)

func main() { service.Main("approval", approval.Run) }
