package fulfillment

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/kit/service"
)

// Config is fulfillment's settings.
type Config struct {
	service.Config `embed:""`

	Vendor         Vendor        `embed:"" prefix:"vendor-"`
	Webhook        Webhook       `embed:"" prefix:"webhook-"`
	UndoWindow     time.Duration `name:"undo-window" env:"SEATFLOW_UNDO_WINDOW" default:"0" help:"How long an approved order waits, and can be cancelled, before it is sent to the vendor."`
	ReconcileEvery time.Duration `name:"reconcile-every" env:"SEATFLOW_RECONCILE_EVERY" default:"24h" help:"How often our records are compared with all that the vendor has; 0 for never."`
}

// Validate names what is wrong with fulfillment's own settings.
func (c *Config) Validate() []error {
	var errs []error
	if c.UndoWindow < 0 {
		errs = append(errs, errors.New("--undo-window must not be negative"))
	}
	if c.ReconcileEvery < 0 {
		errs = append(errs, errors.New("--reconcile-every must not be negative"))
	}
	return errs
}

// Webhook is how the vendor's callbacks come in.
type Webhook struct {
	Listen           string   `name:"listen" env:"SEATFLOW_WEBHOOK_LISTEN" help:"Address at which the vendor's webhook is heard, at /webhooks/partner-center, without TLS; empty for none."`
	URL              string   `name:"url" env:"SEATFLOW_WEBHOOK_URL" help:"Where the vendor reaches it; it is registered with the vendor. Empty leaves the registration to others."`
	CertificateHosts []string `name:"certificate-host" env:"SEATFLOW_WEBHOOK_CERTIFICATE_HOSTS" help:"Hosts that the vendor's signing certificates may come from."`
	RootsFile        string   `name:"certificate-roots-file" env:"SEATFLOW_WEBHOOK_CERTIFICATE_ROOTS_FILE" help:"PEM file of the certificates that theirs must lead to; empty for this machine's. For a double of the vendor."`
}

// Validate names what is missing for the webhook to be heard.
func (w *Webhook) Validate() []error {
	var errs []error
	if w.Listen != "" && len(w.CertificateHosts) == 0 {
		errs = append(errs, errors.New("--webhook-listen needs --webhook-certificate-host: the host of the certificates that the vendor's callbacks are signed with"))
	}
	for _, host := range w.CertificateHosts {
		if u, err := url.Parse("https://" + host); err != nil || u.Host != host {
			errs = append(errs, fmt.Errorf("--webhook-certificate-host %q must be a host, or host:port, without https:// and path", host))
		}
	}
	if _, err := w.roots(); err != nil {
		errs = append(errs, err)
	}
	if u, err := url.Parse(w.URL); w.URL != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil) {
		errs = append(errs, errors.New("--webhook-url must be an http or https address without credentials"))
	}
	return errs
}

// Vendor is the access to one partner account at Partner Center.
type Vendor struct {
	BaseURL       string        `name:"base-url" env:"SEATFLOW_VENDOR_BASE_URL" default:"https://api.partnercenter.microsoft.com" help:"Partner Center's API, or a simulator."`
	TokenURL      string        `name:"token-url" env:"SEATFLOW_VENDOR_TOKEN_URL" default:"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token" help:"Where tokens come from; {tenant} stands for the partner's tenant."`
	Tenant        string        `name:"tenant" env:"SEATFLOW_VENDOR_TENANT" help:"The partner's Entra tenant."`
	ClientID      string        `name:"client-id" env:"SEATFLOW_VENDOR_CLIENT_ID" help:"The application that signs in at Partner Center."`
	ClientSecret  config.Secret `name:"client-secret" env:"SEATFLOW_VENDOR_CLIENT_SECRET" help:"The secret of the application that signs in at Partner Center."`
	RefreshToken  string        `name:"refresh-token-file" env:"SEATFLOW_VENDOR_REFRESH_TOKEN_FILE" help:"A file with the refresh token of a signed-in user of the partner, for what the vendor tells only to one. The newest token is written back, so its folder must be writable; replicas may share it."`
	Audience      string        `name:"audience" env:"SEATFLOW_VENDOR_AUDIENCE" placeholder:"URL" help:"What tokens are asked for; empty for Partner Center's public cloud."`
	ReadTimeout   time.Duration `name:"read-timeout" env:"SEATFLOW_VENDOR_READ_TIMEOUT" default:"30s" help:"How long to wait for an answer to a question."`
	WriteTimeout  time.Duration `name:"write-timeout" env:"SEATFLOW_VENDOR_WRITE_TIMEOUT" default:"3m" help:"How long to wait for an answer to a purchase or a change. A shorter time turns slow successes into unknown outcomes."`
	TimeScale     int           `name:"time-scale" env:"SEATFLOW_VENDOR_TIME_SCALE" default:"1" help:"How many times faster than the real one the vendor's clock goes, and with it every wait for it. 1 for every vendor but a double."`
	DryRun        bool          `name:"dry-run" env:"SEATFLOW_VENDOR_DRY_RUN" help:"Log every request that would change anything at the vendor instead of sending it; questions go out."`
	ListLag       time.Duration `name:"list-lag" env:"SEATFLOW_VENDOR_LIST_LAG" default:"15m" help:"How long a purchase may be missing from the vendor's lists. What they do not show later than that was not bought."`
	RatePerMinute int           `name:"rate-per-minute" env:"SEATFLOW_VENDOR_RATE_PER_MINUTE" default:"500" help:"Requests a minute and resource that the partner account may make, all replicas together; 0 lifts the limit."`
}

// Validate names what is wrong with the vendor's settings. Whether the credentials are good, only the vendor can tell.
func (v *Vendor) Validate() []error {
	var errs []error
	for _, need := range []struct{ value, what string }{
		{v.Tenant, "--vendor-tenant (SEATFLOW_VENDOR_TENANT) is missing: the partner's Entra tenant"},
		{v.ClientID, "--vendor-client-id (SEATFLOW_VENDOR_CLIENT_ID) is missing: the application that signs in"},
		{v.ClientSecret.Reveal(), "SEATFLOW_VENDOR_CLIENT_SECRET, or the file that SEATFLOW_VENDOR_CLIENT_SECRET_FILE names, is missing"},
	} {
		if need.value == "" {
			errs = append(errs, errors.New(need.what))
		}
	}
	for _, a := range []struct{ flag, address string }{{"--vendor-base-url", v.BaseURL}, {"--vendor-token-url", v.TokenURL}} {
		if why := partnercenter.AddressFault(a.address); why != "" {
			errs = append(errs, fmt.Errorf("%s: %s", a.flag, why))
		}
	}
	if strings.ContainsAny(v.Audience, " \t\n") {
		errs = append(errs, errors.New("--vendor-audience must be one address"))
	}
	if v.ReadTimeout < time.Second || v.WriteTimeout < time.Second {
		errs = append(errs, errors.New("--vendor-read-timeout and --vendor-write-timeout must be 1s or more"))
	}
	if v.TimeScale < 1 {
		errs = append(errs, errors.New("--vendor-time-scale must be 1 or more"))
	}
	if v.RatePerMinute < 0 {
		errs = append(errs, errors.New("--vendor-rate-per-minute must not be negative"))
	}
	return errs
}
