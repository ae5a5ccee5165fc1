package approval

import (
	"errors"
	"time"

	"github.com/seatflow/seatflow/services/kit/service"
)

// Config is approval's settings.
type Config struct {
	service.Config `embed:""`

	Expires time.Duration `name:"approval-expires" env:"SEATFLOW_APPROVAL_EXPIRES" default:"720h" help:"How long an order waits for an admin before its approval expires."`
}

// Validate names what is wrong with approval's own settings.
func (c Config) Validate() []error {
	if c.Expires < time.Minute || c.Expires > 366*24*time.Hour {
		return []error{errors.New("--approval-expires must be between 1m and 8784h, so that an admin has a chance and nothing waits for ever")}
	}
	return nil
}
