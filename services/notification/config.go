package notification

import (
	"cmp"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/kit/service"
	"github.com/seatflow/seatflow/services/notification/internal/smtp"
)

// Config is notification's settings.
type Config struct {
	service.Config `embed:""`

	SMTP smtp.Config `embed:"" envprefix:"SEATFLOW_"`

	Admins  []string `name:"admins" env:"SEATFLOW_ADMINS" placeholder:"ADDRESS" help:"E-mail addresses of those who approve orders and put failures right, parted by commas."`
	From    string   `name:"mail-from" env:"SEATFLOW_MAIL_FROM" required:"" placeholder:"ADDRESS" help:"Sender of every mail: an address, or a name with the address in angle brackets."`
	ReplyTo string   `name:"mail-reply-to" env:"SEATFLOW_MAIL_REPLY_TO" placeholder:"ADDRESS" help:"Where answers to mails go; to the sender when empty."`
	Domain  string   `name:"mail-domain" env:"SEATFLOW_MAIL_DOMAIN" help:"Domain in the mails' Message-ID; that of the sender's address when empty."`
	Portal  string   `name:"portal-url" env:"SEATFLOW_PORTAL_URL" placeholder:"URL" help:"Where people reach the portal; mails then carry a link to the order."`
	Command string   `name:"mail-command" env:"SEATFLOW_MAIL_COMMAND" default:"bin/seatflow" help:"Program that mails name for approving, rejecting and retrying."`
}

// Validate names what is wrong with notification's own settings.
func (c Config) Validate() []error {
	var errs []error
	for _, a := range c.Admins {
		if !plainAddress(a) {
			errs = append(errs, fmt.Errorf("--admins: %q is not an e-mail address", a))
		}
	}
	if _, err := mail.ParseAddress(c.From); err != nil {
		errs = append(errs, errors.New("--mail-from must be an address such as seatflow@example.com or Seatflow <seatflow@example.com>"))
	}
	if c.ReplyTo != "" {
		if _, err := mail.ParseAddress(c.ReplyTo); err != nil {
			errs = append(errs, errors.New("--mail-reply-to must be an address such as licences@example.com"))
		}
	}
	if strings.ContainsAny(c.Domain, "@<> \t\r\n") {
		errs = append(errs, errors.New("--mail-domain must be a domain such as seatflow.example.com"))
	}
	if u, err := url.Parse(c.Portal); err != nil || c.Portal != "" && (u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		errs = append(errs, errors.New("--portal-url must be an address such as https://seatflow.example.com"))
	}
	if strings.ContainsFunc(c.Command, func(r rune) bool { return r < ' ' }) {
		errs = append(errs, errors.New("--mail-command must not hold control characters"))
	}
	return errs
}

func plainAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == strings.TrimSpace(s)
}

// messageDomain is what stands behind the @ of a Message-ID.
func (c Config) messageDomain(from *mail.Address) string {
	if c.Domain != "" {
		return c.Domain
	}
	return from.Address[strings.LastIndexByte(from.Address, '@')+1:]
}

// filled is c with the defaults that a Config made by hand lacks, and with as many mails at once as there are connections.
func (c Config) filled() Config {
	c.SMTP.Connections = cmp.Or(c.SMTP.Connections, 4)
	c.SMTP.ConnectTimeout = cmp.Or(c.SMTP.ConnectTimeout, 10*time.Second)
	c.SMTP.SendTimeout = cmp.Or(c.SMTP.SendTimeout, 30*time.Second)
	c.SMTP.AnswerTimeout = cmp.Or(c.SMTP.AnswerTimeout, 90*time.Second)
	c.Command = cmp.Or(c.Command, "bin/seatflow")
	c.Engine.Concurrency = c.SMTP.Connections
	admins := make([]string, 0, len(c.Admins))
	for _, a := range c.Admins {
		if a = strings.TrimSpace(a); a != "" {
			admins = append(admins, a)
		}
	}
	c.Admins = admins
	return c
}

// sendTimeout bounds one attempt: all that a mail may take, and a little for putting it into words.
func (c Config) sendTimeout() time.Duration {
	return c.SMTP.ConnectTimeout + c.SMTP.SendTimeout + c.SMTP.AnswerTimeout + 5*time.Second
}
