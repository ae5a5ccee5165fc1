// Package natsserver runs a NATS server with JetStream inside this process, for
// `seatflow up`, or as a process of its own, for `seatflow nats`.
//
// Model: a file store in a folder, the server's default sync interval, accounts and users
// from the very text that `seatflow setup` writes for servers of one's own. What a power loss takes from it comes back from the journals.
package natsserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/seatflow/seatflow/services/seatflow/internal/setup"
)

// startTimeout bounds the start, the recovery of the store included.
const startTimeout = 60 * time.Second

// Options says where the server listens and stores.
type Options struct {
	// Listen is host:port; port 0 or -1 takes a free one.
	Listen string
	Store  string
	Users  []setup.User
}

// Run serves until ctx ends. ready is called with the URL to connect to.
func Run(ctx context.Context, o Options, log *slog.Logger, ready func(url string)) error {
	opts, err := options(o)
	if err != nil {
		return err
	}
	s, err := server.NewServer(opts)
	if err != nil {
		return fmt.Errorf("start NATS: %w", err)
	}
	s.SetLogger(logger{log.With("part", "nats-server")}, false, false)
	s.Start()
	defer s.WaitForShutdown()
	defer s.Shutdown()
	if !s.ReadyForConnections(startTimeout) {
		return errors.New("start NATS: it is not ready in time")
	}
	ready(s.ClientURL())
	<-ctx.Done()
	return nil
}

func options(o Options) (*server.Options, error) {
	host, p, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return nil, fmt.Errorf("the NATS address %q: write host:port", o.Listen)
	}
	port, err := strconv.Atoi(p)
	if err != nil {
		return nil, fmt.Errorf("the NATS address %q: the port is no number", o.Listen)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	opts := new(server.Options)
	if err := opts.ProcessConfigString(setup.ServerConfig(o.Users)); err != nil {
		return nil, fmt.Errorf("read the NATS server's users: %w", err)
	}
	opts.ServerName, opts.Host, opts.Port, opts.NoSigs = "seatflow", host, port, true
	opts.JetStream, opts.StoreDir = true, o.Store
	opts.JetStreamMaxMemory, opts.JetStreamMaxStore = 64<<20, 64<<30
	return opts, nil
}

// logger passes the server's own words on.
type logger struct{ log *slog.Logger }

func (l logger) Noticef(format string, v ...any) {
	l.log.Debug("nats", "text", fmt.Sprintf(format, v...))
}
func (l logger) Warnf(format string, v ...any) { l.log.Warn("nats", "text", fmt.Sprintf(format, v...)) }
func (l logger) Fatalf(format string, v ...any) {
	l.log.Error("nats", "text", fmt.Sprintf(format, v...))
}
func (l logger) Errorf(format string, v ...any) {
	l.log.Warn("nats", "text", fmt.Sprintf(format, v...))
}
func (l logger) Debugf(string, ...any) {}
func (l logger) Tracef(string, ...any) {}
