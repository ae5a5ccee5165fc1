// Command spree drives thousands of approved lines through several replicas of fulfillment while the vendor fails and
// replicas die, and checks that everything was bought exactly once; see package spree.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/seatflow/seatflow/scripts/chaos/spree"
	"github.com/seatflow/seatflow/services/kit/app"
	"github.com/seatflow/seatflow/services/kit/config"
)

func main() {
	app.Main(func(ctx context.Context, args []string, stdout, stderr io.Writer) error {
		var cfg spree.Config
		check, err := config.Load("spree", &cfg, args, stdout)
		if err != nil || check {
			return err
		}
		log, err := cfg.Log.Logger(stderr)
		if err != nil {
			return err
		}
		if cfg.Seed == 0 {
			cfg.Seed = uint64(time.Now().Unix())
		}
		temporary := cfg.Data == ""
		if temporary {
			if cfg.Data, err = os.MkdirTemp("", "seatflow-spree-"); err != nil {
				return err
			}
		}
		fmt.Fprintf(stderr, "seed %d, data in %s\n", cfg.Seed, cfg.Data)
		report, err := spree.Run(ctx, cfg, log)
		if err != nil {
			return fmt.Errorf("the spree could not be done; everything is kept in %s: %w", cfg.Data, err)
		}
		if err := report.Tell(stdout); err != nil {
			return err
		}
		if !report.OK() {
			return errors.New("something was bought twice, lost or left undone; see the findings")
		}
		if temporary {
			return os.RemoveAll(cfg.Data)
		}
		return nil
	})
}
