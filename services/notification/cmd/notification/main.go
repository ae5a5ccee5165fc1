// Command notification runs the notification service on its own.
package main

import (
	"github.com/seatflow/seatflow/services/kit/service"
	"github.com/seatflow/seatflow/services/notification"
)

func main() { service.Main("notification", notification.Run) }
