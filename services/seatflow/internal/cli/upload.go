package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/seatflow/internal/client"
)

// maxUploadFile is what the portal takes of a purchase order, in bytes.
const maxUploadFile = 512 << 10

type nudgeOrder struct {
	Order string `arg:"" help:"Number or id."`
}

type uploadOrder struct {
	Order      string `arg:"" help:"Number or id."`
	File       string `arg:"" help:"The customer's purchase order, such as a PDF."`
	Price      string `name:"price" required:"" placeholder:"AMOUNT" help:"What the customer pays, such as 14250.00."`
	Currency   string `name:"currency" default:"USD" help:"The price's currency."`
	FxRate     string `name:"fx-rate" placeholder:"RATE" help:"The rate into your currency, if the customer pays in another."`
	Tender     bool   `name:"part-of-tender" help:"The purchase is part of a tender; then --tender-link is needed."`
	TenderLink string `name:"tender-link" placeholder:"URL" help:"Where the tender can be read."`
}

func (u *uploadOrder) run(ctx context.Context, c *client.Client) (client.Order, error) {
	file, err := os.Open(u.File)
	if err != nil {
		return client.Order{}, fmt.Errorf("read the purchase order: %w", err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxUploadFile+1))
	if err != nil {
		return client.Order{}, fmt.Errorf("read the purchase order: %w", err)
	}
	if len(content) > maxUploadFile {
		return client.Order{}, fault.New(fault.Invalid, "too_large", "The file has more than 512 KiB.").
			Hinted("Send a smaller scan, or upload it in Partner Center.")
	}
	return c.UploadPurchaseOrder(ctx, u.Order, client.PurchaseOrder{
		FileName: filepath.Base(u.File), Content: content, CustomerPrice: client.Money{Amount: u.Price, Currency: u.Currency},
		FxRate: u.FxRate, PartOfTender: u.Tender, TenderLink: u.TenderLink,
	})
}
