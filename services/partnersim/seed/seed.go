// Package seed names what a fresh partnersim already knows: the customers, what they can buy, and the subscriptions.
//
// Model: constants only, so that tests, the demo and documentation speak of the same ids as the simulator without
// depending on it. Every catalogue item id has the vendor's form ProductId:SkuId:AvailabilityId; every other id is a GUID.
//
// Guarantees: the values never change; new ones are added. The ids are made up, except that the catalogue ids are those
// of Microsoft's public price list.
//
// Failures: none.
package seed

// PartnerTenant is the partner's own Entra tenant, the one whose token endpoint a client asks. The simulator accepts any
// other tenant too; each has request limits of its own.
const PartnerTenant = "8d4d9c6f-5f0b-4e5a-9a3b-2f6f0c1d7e10"

// The credentials of the example application. The simulator accepts any, unless it is told to insist on given ones.
const (
	ClientID     = "4c1f6f0e-7d2a-4d83-8f2b-6a9b1e5c3d20"
	ClientSecret = "partnersim-secret"
	// RefreshToken is accepted by the refresh_token grant; each exchange answers a fresh one as well.
	RefreshToken = "partnersim-refresh-token"
)

// The customers: Entra tenant ids, all in the US and billed in USD.
const (
	Contoso   = "0d5c4b3a-1f2e-4d6c-8b7a-c0a7050c0401" // Contoso Corp
	Fabrikam  = "0d5c4b3a-1f2e-4d6c-8b7a-fab21ca30402" // Fabrikam Inc
	Northwind = "0d5c4b3a-1f2e-4d6c-8b7a-0074719d0403" // Northwind LLC
)

// The customers' names.
const (
	ContosoName   = "Contoso Corp"
	FabrikamName  = "Fabrikam Inc"
	NorthwindName = "Northwind LLC"
)

// The catalogue. The price in the comment is one seat for one year, paid yearly (term P1Y, billing cycle annual), in USD.
const (
	Microsoft365E5              = "CFQ7TTC0LFLZ:0002:CFQ7TTC0K4TS" // 570.00
	PowerBIPro                  = "CFQ7TTC0HL8W:0001:CFQ7TTC0PBI1" // 100.00
	Microsoft365BusinessPremium = "CFQ7TTC0LCHC:0002:CFQ7TTC0HBP2" // 220.00
	Microsoft365BusinessBasic   = "CFQ7TTC0LH18:0001:CFQ7TTC0K971" // 72.00, at most 300 seats
	// RetiredOffer is known and no longer sold: a cart with it is refused with 403/2091.
	RetiredOffer = "CFQ7TTC0LF8R:0001:CFQ7TTC0RET1"
	// OtherRegionOffer is sold in Germany only: a cart with it is refused with 400/800070.
	OtherRegionOffer = "CFQ7TTC0LF8T:0001:CFQ7TTC0REG1"
	// PowerBIPremium is what PowerBIPro can be changed into.
	PowerBIPremium = "CFQ7TTC0HL8T:0001:CFQ7TTC0PBU1" // 240.00
	// AIBuilderAddOn needs Microsoft365E5 or Microsoft365BusinessPremium.
	AIBuilderAddOn = "CFQ7TTC0LH0Z:0001:CFQ7TTC0K18P" // 6000.00
	// EducationOffer is for customers with the qualification Education.
	EducationOffer = "CFQ7TTC0LH9J:0001:CFQ7TTC0EDU1" // 120.00
)

// What is no licence of new commerce, one of each kind.
const (
	AzureReservation     = "DZH318Z0BQ4B:000Z:DZH318Z0DSPL" // P1Y or P3Y, one_time
	PerpetualSoftware    = "DG7GMGF0DWT0:0001:DG7GMGF0DSQR" // one_time, no term
	SoftwareSubscription = "DG7GMGF0FKZV:0003:DG7GMGF0DQLM" // P3Y triennial or P1Y annual
	MarketplaceSaaS      = "DZH318Z0BXWC:0002:DZH318Z0BMRV" // P1M monthly or P1Y annual
	AzurePlan            = "DZH318Z0BPS6:0001:DZH318Z0BP6V" // one per customer
	// The two sandbox products whose orders wait for the customer's purchase order.
	PurchaseOrderSubscription = "DG7GMGF0D7FV:0001:DG7GMGF0D7PV" // P1Y annual
	PurchaseOrderSoftware     = "DG7GMGF0D7FT:0001:DG7GMGF0D7PT" // one_time, no term
	// Legacy offers, a base and its add-on.
	LegacyOffice365E1 = "91FD106F-4B2C-4938-95AC-F54F74E9A239"
	LegacyArchiving   = "2828BE95-46BA-4F91-B2FD-0BEF192ECF60"
)

// Subscriptions with fixed ids.
const (
	// FabrikamPowerBIPro does not exist in a fresh simulator: calls that name it are answered 404/20003 until somebody creates
	// it by POST /admin/subscriptions. An order may name it beforehand.
	FabrikamPowerBIPro = "5b1f0c2d-3e4a-4f5b-9c6d-fab21ca30b10"
	// ContosoBusinessBasic exists from the start: 10 seats of Business Basic, bought 30 days before the simulator started, so
	// its seats can no longer be given back.
	ContosoBusinessBasic = "5b1f0c2d-3e4a-4f5b-9c6d-c0a7050c0b11"
)

// How many seats the two have when they begin.
const (
	FabrikamPowerBIProSeats   = 20
	ContosoBusinessBasicSeats = 10
)
