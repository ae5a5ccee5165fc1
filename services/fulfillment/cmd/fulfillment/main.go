// Command fulfillment runs the fulfillment service on its own.
package main

import (
	"github.com/seatflow/seatflow/services/fulfillment"
	"github.com/seatflow/seatflow/services/kit/service"
)

func main() { service.Main("fulfillment", fulfillment.Run) }
