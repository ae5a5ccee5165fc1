package intake

import "github.com/seatflow/seatflow/services/kit/service"

// Config is intake's settings: those of every service, and none of its own yet.
type Config struct {
	service.Config `embed:""`
}
