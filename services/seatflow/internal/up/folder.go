package up

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// makeFolder makes the data folder. Postgres' own user has to get through it.
func makeFolder(data string) error {
	if err := os.MkdirAll(data, 0o711); err != nil {
		return fault.New(fault.Invalid, "no_data_folder", "The data folder cannot be made.").
			Hinted("Name a folder that you may write with --data.").In("up.folder").Because(err)
	}
	return nil
}

// checkFree tells all addresses at once that cannot be served, before anything is started. Somebody may still take one
// between this look and the start; the part then says so.
func (c *Config) checkFree(ctx context.Context) error {
	var taken []fault.Violation
	for _, l := range c.listeners() {
		held, err := new(net.ListenConfig).Listen(ctx, "tcp", l.addr)
		if err == nil {
			err = held.Close()
		}
		if err == nil {
			continue
		}
		why := err.Error()
		if errors.Is(err, syscall.EADDRINUSE) {
			why = "somebody listens there already"
		}
		taken = append(taken, fault.Violation{Field: l.flag, Code: "cannot_listen", Message: l.flag + " " + l.addr + ": " + why + "."})
	}
	if len(taken) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "addresses_taken", "Not every address can be served.").In("up.addresses").With(taken...).
		Hinted("If it is another Seatflow, stop it, or give this one other addresses and another --data; port 0 takes a free one.")
}
