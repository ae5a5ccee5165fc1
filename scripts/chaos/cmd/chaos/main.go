// Command chaos kills each process of a Seatflow in turn under load and checks that nothing is lost or bought twice; see
// package storm.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/seatflow/seatflow/scripts/chaos/storm"
	"github.com/seatflow/seatflow/services/kit/app"
	"github.com/seatflow/seatflow/services/kit/config"
)

func main() {
	app.Main(func(ctx context.Context, args []string, stdout, stderr io.Writer) error {
		var cfg storm.Config
		check, err := config.Load("chaos", &cfg, args, stdout)
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
		for i := range cfg.Times {
			if err := once(ctx, cfg, uint64(i), log, stdout); err != nil {
				return err
			}
		}
		return nil
	})
}

// once is one storm. Its folder goes when nothing was found.
func once(ctx context.Context, cfg storm.Config, nth uint64, log *slog.Logger, out io.Writer) error {
	cfg.Seed += nth
	temporary := cfg.Data == ""
	if temporary {
		dir, err := os.MkdirTemp("", "seatflow-chaos-")
		if err != nil {
			return err
		}
		cfg.Data = dir
	}
	fmt.Fprintf(out, "seed %d, data in %s\n", cfg.Seed, cfg.Data)
	report, err := storm.Run(ctx, cfg, log)
	if err != nil {
		return fmt.Errorf("the storm could not be done; everything is kept in %s: %w", cfg.Data, err)
	}
	report.Tell(out)
	if !report.OK() {
		return errors.New("something was lost, bought twice or left undone; see the report")
	}
	if temporary {
		return os.RemoveAll(cfg.Data)
	}
	return nil
}
