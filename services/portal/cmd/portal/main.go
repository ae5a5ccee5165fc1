// Command portal serves Seatflow's HTTP API against given NATS; see the module's README for its settings.
package main

import (
	"context"

	"github.com/seatflow/seatflow/services/kit/service"
	"github.com/seatflow/seatflow/services/portal"
)

func main() {
	service.Main("portal", func(ctx context.Context, cfg portal.Config, env service.Env, ready func()) error {
		return portal.Run(ctx, cfg, env, func(string) { ready() })
	})
}
