// Package bus is the way to NATS: one connection per service with its own NKEY and
// its own reply inbox, the envelope of every message (CloudEvents 1.0, NATS binary
// mode), and the JetStream topology, which setup creates and services only check.
//
// Guarantees: a connection is retried for ever and never buffers what it cannot send;
// a repeated message carries the same id and bytes. Failures: a differing or missing
// stream, consumer or right is reported by name, never changed here.
package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"github.com/seatflow/seatflow/proto/contract"
)

// Config says how to reach NATS.
type Config struct {
	URL string
	// User names the connection and its reply inbox: the service, or a publisher's source.
	User string
	// SeedFile holds the user's NKEY seed; empty connects without one.
	SeedFile string
}

const (
	// connectTimeout bounds the first connection; later ones are retried for ever.
	connectTimeout = 15 * time.Second
	// pingEvery and pingsLost find a server that is gone without a word, as after a
	// power loss, within a minute; the library's own two minutes would take six.
	pingEvery = 20 * time.Second
	pingsLost = 2
)

// Connect opens the connection and waits until it stands. No error of it tells a
// password, a token or a seed.
// changed is called with nil when it stands again and with the reason when it is lost.
func Connect(ctx context.Context, cfg Config, log *slog.Logger, changed func(error)) (*nats.Conn, error) {
	at, err := address(cfg.URL)
	if err != nil {
		return nil, err
	}
	if changed == nil {
		changed = func(error) {}
	}
	opts := []nats.Option{
		nats.Name(cfg.User),
		nats.CustomInboxPrefix(contract.InboxPrefix(cfg.User)),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectJitter(100*time.Millisecond, time.Second),
		// What cannot be sent fails at once; the journal sends it again.
		nats.ReconnectBufSize(-1),
		nats.Timeout(5 * time.Second),
		nats.PingInterval(pingEvery),
		nats.MaxPingsOutstanding(pingsLost),
		// The library gives up for ever when a server refuses the key twice, which it
		// also does for a moment while its users are set up anew.
		nats.IgnoreAuthErrorAbort(),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err == nil {
				err = nats.ErrConnectionClosed
			}
			changed(err)
		}),
		nats.ReconnectHandler(func(*nats.Conn) { changed(nil) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.Warn("nats reported an error", "error", err)
			if errors.Is(err, nats.ErrPermissionViolation) {
				changed(err) // a right is missing: not ready until somebody has seen to it
			}
		}),
	}
	if cfg.SeedFile != "" {
		opt, err := seedOption(cfg.SeedFile)
		if err != nil {
			return nil, err
		}
		opts = append(opts, opt)
	}
	nc, err := dial(ctx, cfg.URL, at, opts, log)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS at %s as %s: %w", at, cfg.User, err)
	}
	return nc, nil
}

// dial tries for connectTimeout and says at the first failure that it waits. at is the URL as it may be shown.
func dial(ctx context.Context, url, at string, opts []nats.Option, log *slog.Logger) (*nats.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, connectTimeout, errors.New("bus: connect timeout"))
	defer cancel()
	told := false
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		nc, err := nats.Connect(url, opts...)
		if err == nil {
			return nc, nil
		}
		if !told {
			told = true
			log.WarnContext(ctx, "nats does not take us yet, trying again", "address", at, "for", connectTimeout, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w (%w)", err, context.Cause(ctx))
		case <-time.After(wait):
		}
	}
}

// address is the URL, or the list of them, without what may be a secret.
func address(list string) (string, error) {
	var out []string
	for raw := range strings.SplitSeq(list, ",") {
		raw = strings.TrimSpace(raw)
		if !strings.Contains(raw, "://") {
			raw = "nats://" + raw
		}
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" { // the error would tell the whole URL
			return "", errors.New("the NATS URL cannot be read; it must look like nats://host:port")
		}
		u.User = nil
		out = append(out, u.String())
	}
	return strings.Join(out, ","), nil
}

// seedOption signs the server's challenge with the seed in the file, which is read once.
func seedOption(file string) (nats.Option, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the NATS key: %w", err)
	}
	pair, err := nkeys.FromSeed([]byte(strings.TrimSpace(string(raw))))
	if err != nil {
		return nil, fmt.Errorf("the NATS key in %s is not an NKEY seed: %w", file, err)
	}
	public, err := pair.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("the NATS key in %s has no public part: %w", file, err)
	}
	if !nkeys.IsValidPublicUserKey(public) {
		return nil, fmt.Errorf("the NATS key in %s is not a user's: its seed must begin with SU", file)
	}
	return nats.Nkey(public, pair.Sign), nil
}
