package telemetry

import (
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// Settings are the settings that every program has for this package; see package config.
type Settings struct {
	LogLevel  string `name:"log-level" env:"SEATFLOW_LOG_LEVEL" enum:"debug,info,warn,error" default:"info" help:"Least level that is logged: ${enum}."`
	LogFormat string `name:"log-format" env:"SEATFLOW_LOG_FORMAT" enum:"auto,text,json" default:"auto" help:"Form of the log: ${enum}. auto is text on a terminal, else json."`
}

// Logger is NewLogger with these settings.
func (s Settings) Logger(w io.Writer) (*slog.Logger, error) {
	return NewLogger(w, s.LogLevel, s.LogFormat)
}

// NewLogger makes the logger of a program. level is debug, info (also when empty), warn or error. format is json, text
// (for people: short times) or auto (also when empty): text if w is a terminal, else json. Any other word is a fault of
// kind Invalid.
func NewLogger(w io.Writer, level, format string) (*slog.Logger, error) {
	var least slog.Level
	if level != "" {
		if err := least.UnmarshalText([]byte(level)); err != nil {
			return nil, fault.New(fault.Invalid, "bad_log_level", "The log level must be debug, info, warn or error.").
				At("log_level").Because(err)
		}
	}
	switch strings.ToLower(format) {
	case "json":
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: least})), nil
	case "text":
		return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: least, ReplaceAttr: shortTime})), nil
	case "", "auto":
		if terminal(w) {
			return NewLogger(w, level, "text")
		}
		return NewLogger(w, level, "json")
	default:
		return nil, fault.New(fault.Invalid, "bad_log_format", "The log format must be auto, text or json.").At("log_format")
	}
}

// shortTime cuts the date off the line's own time: who reads along at a terminal knows the day.
func shortTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey && a.Value.Kind() == slog.KindTime {
		a.Value = slog.StringValue(a.Value.Time().Format("15:04:05.000"))
	}
	return a
}

// terminal is a good guess without a dependency: a terminal is a character device, and so is /dev/null, where it does
// not matter.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
