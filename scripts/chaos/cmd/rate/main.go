// Command rate measures how fulfillment uses the vendor's request rate: all of it, never more, and in turn; see package rate.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/seatflow/seatflow/scripts/chaos/rate"
	"github.com/seatflow/seatflow/services/kit/app"
	"github.com/seatflow/seatflow/services/kit/config"
)

func main() {
	app.Main(func(ctx context.Context, args []string, stdout, stderr io.Writer) error {
		var cfg rate.Config
		check, err := config.Load("rate", &cfg, args, stdout)
		if err != nil || check {
			return err
		}
		log, err := cfg.Log.Logger(stderr)
		if err != nil {
			return err
		}
		temporary := cfg.Data == ""
		if temporary {
			if cfg.Data, err = os.MkdirTemp("", "seatflow-rate-"); err != nil {
				return err
			}
		}
		fmt.Fprintf(stderr, "data in %s\n", cfg.Data)
		report, err := rate.Run(ctx, cfg, log)
		if err != nil {
			return fmt.Errorf("the measurement could not be done; everything is kept in %s: %w", cfg.Data, err)
		}
		if err := report.Tell(stdout); err != nil {
			return err
		}
		if !report.OK() {
			return errors.New("the figures are not as promised; see the findings")
		}
		if temporary {
			return os.RemoveAll(cfg.Data)
		}
		return nil
	})
}
