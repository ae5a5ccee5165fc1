// Command split runs Seatflow as one process for each service; see package split.
package main

import (
	"context"
	"io"

	"github.com/seatflow/seatflow/scripts/chaos/split"
	"github.com/seatflow/seatflow/services/kit/app"
	"github.com/seatflow/seatflow/services/kit/config"
)

func main() {
	app.Main(func(ctx context.Context, args []string, stdout, stderr io.Writer) error {
		var cfg split.Config
		check, err := config.Load("split", &cfg, args, stdout)
		if err != nil || check {
			return err
		}
		log, err := cfg.Log.Logger(stderr)
		if err != nil {
			return err
		}
		shape, err := split.New(ctx, cfg, log)
		if err != nil {
			return err
		}
		return shape.Run(ctx, func(at split.Addresses) { at.Tell(stdout) })
	})
}
