package mailcatcher

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// Bounds of the two servers.
const (
	defaultKeep     = 200
	maxMail         = 1 << 20 // bytes of a mail that is taken
	maxRecipients   = 50
	maxConnections  = 256
	smtpIdle        = 5 * time.Minute
	smtpWrite       = 10 * time.Second
	httpHeader      = 5 * time.Second
	httpIdle        = time.Minute
	shutdownTimeout = 2 * time.Second
)

var errShutdownTimeout = errors.New("mailcatcher: shutdown timeout")

// Config says where to listen and what to keep.
type Config struct {
	// SMTPListen and HTTPListen are loopback addresses, such as 127.0.0.1:1025; port 0 takes a free one.
	SMTPListen, HTTPListen string
	// Keep is how many mails are kept; 0 means 200.
	Keep int
}

// Run serves until ctx ends and returns nil then. It calls ready, with the addresses it listens on, once both servers
// take connections. An address that is not loopback is a fault of kind Invalid, one that cannot be had of kind
// Unavailable; a server that dies by itself is a fault of kind Internal.
func Run(ctx context.Context, cfg Config, log *slog.Logger, ready func(smtpAddr, httpAddr string)) error {
	smtpListener, err := listen(ctx, cfg.SMTPListen)
	if err != nil {
		return err
	}
	tracked := track(smtpListener)
	defer tracked.end()
	httpListener, err := listen(ctx, cfg.HTTPListen)
	if err != nil {
		return err
	}
	defer httpListener.Close()

	caught := newBox(cfg)
	mails := smtpServer(caught, log)
	pages := &http.Server{Handler: handler(caught, log), ReadHeaderTimeout: httpHeader, IdleTimeout: httpIdle, MaxHeaderBytes: 16 << 10}
	pages.RegisterOnShutdown(caught.close)
	died := make(chan error, 2)
	go func() { died <- mails.Serve(tracked) }()
	go func() { died <- pages.Serve(httpListener) }()
	ready(smtpListener.Addr().String(), httpListener.Addr().String())

	var first error
	running := 2
	select {
	case <-ctx.Done():
	case first = <-died:
		running--
		first = fault.New(fault.Internal, "mailcatcher_died", "The mail catcher has stopped by itself.").In("mailcatcher.run").Because(first)
	}
	stop(ctx, mails, tracked, pages, log)
	for range running {
		if err := <-died; err != nil {
			log.DebugContext(ctx, "mail catcher server ended", slog.String("cause", err.Error()))
		}
	}
	return first
}

// stop ends both servers and waits for what they have under way. Closing the tracked listener closes the connections,
// which senders keep open for as long as they live.
func stop(ctx context.Context, mails *smtp.Server, tracked *trackedListener, pages *http.Server, log *slog.Logger) {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), shutdownTimeout, errShutdownTimeout)
	defer cancel()
	if err := pages.Shutdown(ctx); err != nil {
		log.WarnContext(ctx, "mail catcher cuts off its pages", slog.String("cause", err.Error()))
		_ = pages.Close() // what it could report was reported above
	}
	tracked.end()
	if err := mails.Shutdown(ctx); err != nil && !errors.Is(err, net.ErrClosed) {
		log.WarnContext(ctx, "mail catcher leaves connections behind", slog.String("cause", err.Error()))
	}
}

// listen opens a loopback address.
func listen(ctx context.Context, address string) (net.Listener, error) {
	elsewhere := fault.New(fault.Invalid, "not_loopback",
		"The mail catcher listens on loopback only, such as 127.0.0.1:1025.").In("mailcatcher.listen").On(address)
	host, _, err := net.SplitHostPort(address)
	if err != nil || !isLoopback(host) {
		return nil, elsewhere.Because(err)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "address_in_use", "The mail catcher cannot listen on its address.").
			In("mailcatcher.listen").On(address).Because(err)
	}
	if a, ok := l.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() { // a name such as localhost may be set to anything
		_ = l.Close()
		return nil, elsewhere
	}
	return l, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func smtpServer(caught *box, log *slog.Logger) *smtp.Server {
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{box: caught}, nil }))
	s.Domain = "mailcatcher.localhost"
	s.MaxMessageBytes, s.MaxRecipients, s.EnableSMTPUTF8 = maxMail, maxRecipients, true
	s.ReadTimeout, s.WriteTimeout = smtpIdle, smtpWrite
	s.ErrorLog = serverLog{log}
	return s
}

// serverLog hands go-smtp's rare complaints to slog. They concern one connection and are no fault of ours.
type serverLog struct{ log *slog.Logger }

func (l serverLog) Printf(format string, v ...any) {
	l.log.Debug("mail catcher connection", slog.String("detail", fmt.Sprintf(format, v...)))
}

func (l serverLog) Println(v ...any) {
	l.log.Debug("mail catcher connection", slog.String("detail", fmt.Sprint(v...)))
}
