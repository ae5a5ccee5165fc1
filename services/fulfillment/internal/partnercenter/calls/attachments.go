package calls

import (
	"context"
	"encoding/base64"
	"encoding/json"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
)

// attach sends a purchase order to the vendor's order.
func (v *Vendor) attach(ctx context.Context, a *attempt) (partnercenter.Answer, answered) {
	if a.File == nil {
		a.File = new(domain.File) // the vendor says what it thinks of that
	}
	content, err := base64.StdEncoding.DecodeString(a.File.Content)
	if err != nil {
		content = nil // the vendor says that nothing was attached
	}
	file := partnercenter.File{Name: a.File.Name, Content: content}
	po := partnercenter.PurchaseOrder{
		IsPartOfTender: a.File.Tender, CustomerPrice: json.Number(a.File.Price), Currency: a.File.Currency,
		FXRate: json.Number(a.File.Rate), TenderLink: a.File.Link, Files: []partnercenter.File{file},
	}
	found, answer, _ := v.Client.AttachPurchaseOrder(ctx, a.exchange, a.Customer, a.Order, po)
	return answer, attached(found)
}

// listAttachments reads what is attached to the vendor's order.
func (v *Vendor) listAttachments(ctx context.Context, a *attempt) (partnercenter.Answer, answered) {
	found, answer, _ := v.Client.ListAttachments(ctx, a.exchange, a.Customer, a.Order)
	return answer, attached(found)
}

func attached(found []partnercenter.Attachment) answered {
	names := make([]string, len(found))
	for i := range found {
		names[i] = found[i].FileName
	}
	return func(common domain.Answer) any {
		common.Body.File = nil // nobody needs it any more
		return domain.Attached{Answer: common, Names: names}
	}
}
