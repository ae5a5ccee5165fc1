package partnercenter

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// The vendor's public cloud; other clouds and a simulator are settings.
const (
	PublicBaseURL  = "https://api.partnercenter.microsoft.com"
	PublicTokenURL = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
)

// Limits of the client.
const (
	defaultConns   = 128
	maxBody        = 1 << 20          // bytes of an answer; the largest printed one has 9 KiB
	idleConnection = 50 * time.Second // below the vendor's side, so that it is we who close an idle connection
	dialTimeout    = 10 * time.Second
)

// Config is the access to one partner account. Zero values mean the defaults named here.
type Config struct {
	BaseURL  string // default PublicBaseURL; without credentials, query or fragment
	TokenURL string // default PublicTokenURL; {tenant} stands for Tenant; a v1 address (without /v2.0/) gets the older form
	Tenant   string // the partner's Entra tenant
	ClientID string
	// Secret gives the client secret. It is asked at each sign-in, so that a rotated secret is picked up.
	Secret func() (string, error)
	// RefreshTokenFile holds the refresh token of a user of the partner, for what only a signed-in user may ask. The newest one
	// is written back after each sign-in, so the file's folder must be writable. Replicas may share it. "": such questions
	// are refused here.
	RefreshTokenFile string
	// Audience is the resource that tokens are asked for; default PublicBaseURL.
	Audience string
	// Application is sent as MS-PartnerCenter-Application; default "Seatflow".
	Application string
	// Locale is sent as X-Locale, the language of the vendor's words; default en-US.
	Locale string
	// DryRun logs what would change anything at the vendor, instead of sending it. Questions go out.
	DryRun bool
	// Permits paces the requests that the vendor counts; nil paces none.
	Permits Permits
	// MaxConns is the most connections at a time, and so the most calls on the wire; default 128. All are kept alive.
	MaxConns int
	// ReadTimeout and WriteTimeout are how long to wait for an answer to a question, and to anything else; default: the
	// operation's own, see operations.go.
	ReadTimeout, WriteTimeout time.Duration
	// Timeouts is the same for one operation by its word, such as "checkout_cart"; it goes before the other two.
	Timeouts map[string]time.Duration
}

// Client talks to Partner Center for one partner account. It is safe for concurrent use.
type Client struct {
	base        *url.URL
	application []string
	locale      []string
	timeouts    [operationCount]time.Duration
	transport   *http.Transport
	dryRun      bool
	tokens      *tokenSource
	userTokens  *tokenSource // nil: not set up
	log         *slog.Logger
	metrics     *metrics
	permits     Permits
	now         func() time.Time
}

// New makes a client. It opens no connection. Metrics go to reg; several clients may share one registry. A configuration
// that cannot work is refused with all its faults at once (kind invalid).
func New(cfg Config, log *slog.Logger, reg prometheus.Registerer) (*Client, error) {
	cfg = cfg.withDefaults()
	var faults []fault.Violation
	note := func(field, message string) {
		faults = append(faults, fault.Violation{Field: field, Code: "invalid_setting", Message: message})
	}
	base := checkedURL(cfg.BaseURL, "base_url", note)
	sign := checkedURL(strings.ReplaceAll(cfg.TokenURL, "{tenant}", url.PathEscape(cfg.Tenant)), "token_url", note)
	cfg.check(note)
	c := &Client{base: base, application: []string{cfg.Application}, locale: []string{cfg.Locale}, log: log, permits: cfg.Permits, now: time.Now, dryRun: cfg.DryRun}
	c.setTimeouts(cfg, note)
	if len(faults) > 0 {
		err := fault.New(fault.Invalid, "invalid_setting", "The access to Partner Center is not set up correctly.")
		return nil, err.In("partnercenter.new").With(faults...)
	}
	m, err := newMetrics(reg)
	if err != nil {
		return nil, fault.New(fault.Internal, "metrics", "Metrics of Partner Center calls cannot be registered.").Because(err)
	}
	c.metrics = m
	c.transport = newTransport(cfg.MaxConns)
	c.tokens, c.userTokens = newTokenSource(c, cfg, sign), newUserTokenSource(c, cfg, sign)
	return c, nil
}

// Close closes the connections that are idle. Calls on their way are not disturbed.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// LongestTimeout is the longest that any call can take once it was begun. Nobody may conclude that a call was not executed
// before its SendBefore plus this has passed.
func (c *Client) LongestTimeout() time.Duration { return maxTimeout(&c.timeouts) }

func (cfg Config) withDefaults() Config {
	for _, d := range []struct {
		field    *string
		standard string
	}{
		{&cfg.BaseURL, PublicBaseURL}, {&cfg.TokenURL, PublicTokenURL}, {&cfg.Audience, PublicBaseURL}, {&cfg.Application, "Seatflow"},
		{&cfg.Locale, "en-US"},
	} {
		if *d.field == "" {
			*d.field = d.standard
		}
	}
	if cfg.MaxConns == 0 {
		cfg.MaxConns = defaultConns
	}
	return cfg
}

func (cfg Config) check(note func(field, message string)) {
	if cfg.Tenant == "" {
		note("tenant", "The partner's tenant is missing.")
	}
	if cfg.ClientID == "" {
		note("client_id", "The client id is missing.")
	}
	if cfg.Secret == nil {
		note("secret", "The client secret is missing.")
	}
	if cfg.MaxConns < 0 {
		note("max_conns", "The number of connections is negative.")
	}
}

func checkedURL(text, field string, note func(field, message string)) *url.URL {
	if why := AddressFault(text); why != "" {
		note(field, why)
		return nil
	}
	u, err := url.Parse(text)
	if err != nil { // cannot be: it has no fault
		return nil
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	return u
}

// AddressFault says what keeps a text from being Config's BaseURL or TokenURL, in a sentence that does not repeat it, since it
// may hold a password; empty if nothing does.
func AddressFault(text string) string {
	u, err := url.Parse(strings.ReplaceAll(text, "{tenant}", "t"))
	switch {
	case err != nil:
		return "This is not an address."
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return "An http or https address with a host is needed."
	case u.User != nil:
		return "An address must not carry credentials."
	case u.RawQuery != "" || u.Fragment != "":
		return "An address must not have a query or a fragment."
	}
	return ""
}

func (c *Client) setTimeouts(cfg Config, note func(field, message string)) {
	for op := range operations {
		c.timeouts[op] = operations[op].timeout
		switch {
		case operation(op) == opToken:
		case operation(op).question() && cfg.ReadTimeout > 0:
			c.timeouts[op] = cfg.ReadTimeout
		case !operation(op).question() && cfg.WriteTimeout > 0:
			c.timeouts[op] = cfg.WriteTimeout
		}
	}
	if cfg.ReadTimeout < 0 || cfg.WriteTimeout < 0 {
		note("timeout", "A timeout must be positive.")
	}
	for name, d := range cfg.Timeouts {
		op, ok := operationNamed(name)
		switch {
		case !ok:
			note("timeouts."+name, "There is no such operation.")
		case d <= 0:
			note("timeouts."+name, "A timeout must be positive.")
		default:
			c.timeouts[op] = d
		}
	}
}

// newTransport makes the connections of one partner account: HTTP/1.1, kept alive, each behind a gate. A connection carries
// one request at a time, which is what lets the gate say whose first byte it sees.
func newTransport(conns int) *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &gatedConn{Conn: conn}, nil
		},
		Protocols:              protocols,
		TLSHandshakeTimeout:    dialTimeout,
		MaxConnsPerHost:        conns,
		MaxIdleConnsPerHost:    conns,
		IdleConnTimeout:        idleConnection,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true, // answers are small
	}
}
