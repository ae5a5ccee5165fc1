package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"

	"github.com/wneessen/go-mail"
)

var errConnectTimeout = errors.New("smtp: connect timeout")

// ways are the ways to sign in, best first. PLAIN and LOGIN are used over TLS or on the same machine only: go-mail
// refuses them elsewhere.
var ways = []mail.SMTPAuthType{
	mail.SMTPAuthSCRAMSHA256PLUS, mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1PLUS, mail.SMTPAuthSCRAMSHA1,
	mail.SMTPAuthPlain, mail.SMTPAuthLogin, mail.SMTPAuthCramMD5,
}

// connect makes a connection that is ready for a transaction: greeted, encrypted, signed in.
func connect(ctx context.Context, cfg *Config) (*conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, cfg.ConnectTimeout, errConnectTimeout)
	defer cancel()
	var raw net.Conn
	var stop func() bool
	client, err := dialer(cfg, func(_ context.Context, network, address string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		// go-mail watches its context only while it dials; this covers greeting, TLS and sign-in.
		raw, stop = c, context.AfterFunc(ctx, func() { _ = c.Close() })
		if cfg.TLS == tlsImplicit {
			return tls.Client(c, tlsConfig(cfg)), nil
		}
		return c, nil
	})
	if err != nil {
		return nil, err
	}
	ready, err := client.DialToSMTPClientWithContext(ctx)
	if stop != nil && !stop() || err != nil {
		if raw != nil {
			_ = raw.Close() // go-mail leaves it open; why it failed is the error to report
		}
		return nil, errors.Join(context.Cause(ctx), err)
	}
	return newConn(ready, raw), nil
}

// dialer is go-mail's client for one connection. It is not kept: go-mail remembers in it, without a lock, how it signed in.
func dialer(cfg *Config, dial mail.DialContextFunc) (*mail.Client, error) {
	host, port, err := cfg.target()
	if err != nil {
		return nil, err
	}
	options := []mail.Option{
		// go-mail's own, nameless deadline must not come before that of connect's context.
		mail.WithPort(port), mail.WithHELO(cfg.Hello), mail.WithTimeout(2 * cfg.ConnectTimeout), mail.WithDialContextFunc(dial),
		mail.WithTLSPolicy(policy(cfg.TLS)), mail.WithTLSConfig(tlsConfig(cfg)),
	}
	if cfg.User != "" {
		options = append(options, mail.WithUsername(cfg.User), mail.WithPassword(cfg.Password.Reveal()),
			mail.WithOpportunisticSMTPAuth(ways...))
	}
	return mail.NewClient(host, options...)
}

func policy(word string) mail.TLSPolicy {
	switch word {
	case tlsMandatory:
		return mail.TLSMandatory
	case tlsNone:
		return mail.NoTLS
	default: // over implicit TLS this only notes that the connection is encrypted already
		return mail.TLSOpportunistic
	}
}

// tlsConfig checks the server's certificate in every mode: an encryption that anybody can end protects no password.
func tlsConfig(cfg *Config) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if cfg.TLSConfig != nil {
		c = cfg.TLSConfig.Clone()
	}
	if c.ServerName == "" {
		c.ServerName, _, _ = cfg.target() // it was read before without an error
	}
	return c
}
