package smtp

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/seatflow/seatflow/services/kit/config"
)

// What a zero field of Config stands for.
const (
	defaultConnections = 4
	defaultConnect     = 10 * time.Second
	defaultSend        = 30 * time.Second
	defaultAnswer      = 90 * time.Second
	defaultIdle        = 60 * time.Second
)

// The ways to encrypt, as Config.TLS names them.
const (
	tlsOpportunistic = "opportunistic"
	tlsMandatory     = "mandatory"
	tlsNone          = "none"
	tlsImplicit      = "implicit"
)

// Config says how to reach the mail server. A zero field stands for its default; Address has none.
type Config struct {
	// Address is host:port of the mail server.
	Address string `name:"smtp-address" env:"SMTP_ADDRESS" required:"" placeholder:"HOST:PORT" help:"Mail server, as host:port."`
	// TLS is opportunistic (STARTTLS where the server offers it), mandatory (STARTTLS or nothing), implicit (TLS from the
	// first byte, usually port 465) or none.
	TLS string `name:"smtp-tls" env:"SMTP_TLS" default:"opportunistic" enum:"opportunistic,mandatory,implicit,none" help:"Encryption: opportunistic, mandatory, implicit or none."`
	// User signs in when not empty, by the strongest way that the server offers.
	User     string        `name:"smtp-user" env:"SMTP_USER" help:"User to sign in as at the mail server."`
	Password config.Secret `name:"smtp-password" env:"SMTP_PASSWORD" help:"Password of the user that signs in at the mail server."`
	// Hello is the name this program gives itself; empty means the machine's name.
	Hello string `name:"smtp-hello" env:"SMTP_HELLO" help:"Name to greet the mail server with; the machine's name when empty."`
	// Connections is how many connections are kept and used at once; 0 means 4.
	Connections int `name:"smtp-connections" env:"SMTP_CONNECTIONS" default:"4" help:"Most connections to the mail server at once."`
	// ConnectTimeout bounds connecting, TLS, greeting and sign-in together; 0 means 10 seconds.
	ConnectTimeout time.Duration `name:"smtp-connect-timeout" env:"SMTP_CONNECT_TIMEOUT" default:"10s" help:"Time for connecting, TLS and sign-in."`
	// SendTimeout bounds a mail's way from its first command to its last byte; 0 means 30 seconds.
	SendTimeout time.Duration `name:"smtp-send-timeout" env:"SMTP_SEND_TIMEOUT" default:"30s" help:"Time for sending one mail, without the last answer."`
	// AnswerTimeout bounds the wait for the answer to the whole mail; 0 means 90 seconds. Servers that look into a mail
	// before they answer take long, and giving up leaves the mail's fate unknown.
	AnswerTimeout time.Duration `name:"smtp-answer-timeout" env:"SMTP_ANSWER_TIMEOUT" default:"90s" help:"Time for the server's answer to a whole mail."`
	// IdleTimeout is how long an unused connection is kept; 0 means one minute.
	IdleTimeout time.Duration `name:"smtp-idle-timeout" env:"SMTP_IDLE_TIMEOUT" default:"1m" help:"How long an unused connection is kept."`
	// TLSConfig replaces the machine's roots and the name that is checked; nil is right outside tests.
	TLSConfig *tls.Config `kong:"-"`
}

// Validate checks what a single setting cannot tell; package config calls it.
func (c *Config) Validate() []error {
	var errs []error
	host, _, err := c.target()
	if err != nil {
		errs = append(errs, err)
	}
	if c.Connections < 0 {
		errs = append(errs, errors.New("--smtp-connections must be 1 or more"))
	}
	if min(c.ConnectTimeout, c.SendTimeout, c.AnswerTimeout, c.IdleTimeout) < 0 {
		errs = append(errs, errors.New("the --smtp timeouts must not be negative"))
	}
	switch cmp.Or(c.TLS, tlsOpportunistic) {
	case tlsOpportunistic, tlsMandatory, tlsImplicit:
	case tlsNone:
		if c.User != "" && err == nil && !sameMachine(host) {
			errs = append(errs, errors.New("--smtp-tls=none with --smtp-user would send the password in the clear: use mandatory or implicit"))
		}
	default:
		errs = append(errs, fmt.Errorf("--smtp-tls must be %s, %s, %s or %s", tlsOpportunistic, tlsMandatory, tlsImplicit, tlsNone))
	}
	if (c.User == "") != (c.Password == "") {
		errs = append(errs, errors.New("--smtp-user and SEATFLOW_SMTP_PASSWORD belong together: give both or neither"))
	}
	if hasControl(c.Hello) {
		errs = append(errs, errors.New("--smtp-hello must not hold control characters"))
	}
	return errs
}

func (c *Config) target() (host string, port int, err error) {
	host, p, err := net.SplitHostPort(c.Address)
	if err == nil {
		port, err = strconv.Atoi(p)
	}
	if err != nil || host == "" || port < 1 || port > 65535 {
		return "", 0, errors.New("--smtp-address must be host:port, such as mail.example.com:587")
	}
	return host, port, nil
}

// filled is c with every default in place.
func (c Config) filled() Config {
	c.TLS = cmp.Or(c.TLS, tlsOpportunistic)
	c.Connections = cmp.Or(c.Connections, defaultConnections)
	c.ConnectTimeout = cmp.Or(c.ConnectTimeout, defaultConnect)
	c.SendTimeout = cmp.Or(c.SendTimeout, defaultSend)
	c.AnswerTimeout = cmp.Or(c.AnswerTimeout, defaultAnswer)
	c.IdleTimeout = cmp.Or(c.IdleTimeout, defaultIdle)
	if c.Hello == "" {
		name, err := os.Hostname()
		if err != nil {
			name = "localhost" // a greeting is a courtesy: no reason to send no mail
		}
		c.Hello = name
	}
	return c
}

func sameMachine(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
