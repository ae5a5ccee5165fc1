// Command seatflow is the all-in-one program and the operator's command line.
package main

import (
	"context"
	"io"
	"strings"

	"github.com/seatflow/seatflow/services/kit/app"
	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/seatflow/internal/cli"
	"github.com/seatflow/seatflow/services/seatflow/internal/demo"
	"github.com/seatflow/seatflow/services/seatflow/internal/up"
)

// commands is the whole command line.
type commands struct {
	Up     up.Config    `cmd:"" help:"Run everything in one process."`
	Setup  up.Setup     `cmd:"" help:"Make databases, roles, streams, consumers and keys on given servers."`
	NATS   up.NATS      `cmd:"" name:"nats" help:"Run the NATS server as a process of its own."`
	Mail   up.Mail      `cmd:"" help:"Run the mail catcher as a process of its own."`
	Token  cli.Token    `cmd:"" help:"Make a token of the local issuer."`
	Orders cli.Orders   `cmd:"" help:"List, show, place and decide orders."`
	Vendor cli.Vendor   `cmd:"" help:"How it stands with Partner Center, for operators."`
	Demo   demo.Command `cmd:"" help:"Play three orders from beginning to end."`
}

func main() { app.Main(run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var c commands
	command, check, err := config.LoadCommand("seatflow", "Licence orders, approved and bought exactly once.", &c, args, stdout)
	if err != nil || check {
		return err
	}
	switch command {
	case "up":
		log, err := c.Up.Log.Logger(stderr)
		if err != nil {
			return err
		}
		up.Tune()
		return up.Run(ctx, c.Up, log, stdout, nil)
	case "setup":
		log, err := c.Setup.Log.Logger(stderr)
		if err != nil {
			return err
		}
		return c.Setup.Run(ctx, log, stdout)
	case "nats":
		log, err := c.NATS.Log.Logger(stderr)
		if err != nil {
			return err
		}
		up.TuneBroker()
		return c.NATS.Run(ctx, log, stdout)
	case "mail":
		log, err := c.Mail.Log.Logger(stderr)
		if err != nil {
			return err
		}
		return c.Mail.Run(ctx, log, stdout)
	case "token":
		return c.Token.Run(ctx, stdout)
	case "demo":
		return c.Demo.Run(ctx, stdout)
	}
	if strings.HasPrefix(command, "vendor") {
		return c.Vendor.Run(ctx, command, stdout)
	}
	return c.Orders.Run(ctx, command, stdout)
}
