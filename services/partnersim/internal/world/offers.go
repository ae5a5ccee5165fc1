package world

import (
	"strings"

	"github.com/seatflow/seatflow/services/partnersim/seed"
)

const (
	commercial  = "commercial"
	microsoft   = "Microsoft Corporation"
	manySeats   = 10_000
	fewSeats    = 300
	hundredth   = amountUnit / 100
	cycleOnce   = "one_time"
	cycleMonth  = "monthly"
	cycleYear   = "annual"
	cycleThree  = "triennial"
	termMonth   = "P1M"
	termYear    = "P1Y"
	termThree   = "P3Y"
	termForever = ""
)

// item makes a new-commerce item; what is different about others is set on it.
func item(id, title string, maximum int64, terms ...Term) *Item {
	parts := strings.Split(id, ":")
	return &Item{
		ID: id, ProductID: parts[0], SKUID: parts[1], Availability: parts[2],
		Title: title, MinQuantity: 1, MaxQuantity: maximum, Terms: terms, Segment: commercial, Publisher: microsoft,
	}
}

// terms are the usual three ways to buy; the amounts are per seat and billing period, in hundredths.
func terms(annual, monthlyForAYear, monthly Amount) []Term {
	return []Term{
		{Duration: termYear, BillingCycle: cycleYear, Price: annual * hundredth, Periods: 1},
		{Duration: termYear, BillingCycle: cycleMonth, Price: monthlyForAYear * hundredth, Periods: 12},
		{Duration: termMonth, BillingCycle: cycleMonth, Price: monthly * hundredth, Periods: 1},
	}
}

// once is a single payment for a term.
func once(duration, cycle string, price Amount) Term {
	return Term{Duration: duration, BillingCycle: cycle, Price: price * hundredth, Periods: 1}
}

func sku(id string) string { return id[:strings.LastIndexByte(id, ':')] }

// licences are the new-commerce items of a fresh simulator.
func licences() []*Item {
	e5 := item(seed.Microsoft365E5, "Microsoft 365 E5", manySeats, terms(570_00, 47_50, 57_00)...)
	e5.Provisioning, e5.Extensible = "06ebc4ee-1bb5-47dd-8120-11324bc54e06", true
	pro := item(seed.PowerBIPro, "Power BI Pro", manySeats, terms(100_00, 8_40, 10_00)...)
	pro.Provisioning, pro.Upgrades = "f8a1db68-be16-40ed-86d5-cb42ce701560", []string{sku(seed.PowerBIPremium)}
	premium := item(seed.PowerBIPremium, "Power BI Premium Per User", manySeats, terms(240_00, 20_00, 24_00)...)
	premium.Provisioning = "c1d032e0-5619-4761-9b5c-75b6831e1711"
	business := item(seed.Microsoft365BusinessPremium, "Microsoft 365 Business Premium", fewSeats, terms(220_00, 18_40, 22_00)...)
	business.Provisioning, business.Extensible = "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", true
	business.Upgrades = []string{sku(seed.Microsoft365E5)}
	basic := item(seed.Microsoft365BusinessBasic, "Microsoft 365 Business Basic", fewSeats, terms(72_00, 6_00, 7_20)...)
	basic.Provisioning = "3b555118-da6a-4418-894f-7df1e2096870"
	basic.Upgrades = []string{sku(seed.Microsoft365BusinessPremium), sku(seed.Microsoft365E5)}
	builder := item(seed.AIBuilderAddOn, "AI Builder Capacity add-on", manySeats, terms(6_000_00, 500_00, 600_00)...)
	builder.Provisioning, builder.Bases = "a7d0d2a2-7a4e-4d4a-9e4b-6d0c2a5e8b11", []string{sku(seed.Microsoft365E5), sku(seed.Microsoft365BusinessPremium)}
	school := item(seed.EducationOffer, "Microsoft 365 A5 for faculty", manySeats, terms(120_00, 10_00, 12_00)...)
	school.Provisioning, school.Segment = "e97c048c-37a4-45fb-ab50-922fbf07a370", "education"
	retired := item(seed.RetiredOffer, "Office 365 E2 (retired)", manySeats, terms(96_00, 8_00, 9_60)...)
	retired.Retired = true
	elsewhere := item(seed.OtherRegionOffer, "Microsoft 365 E5 (no Teams, Germany)", manySeats, terms(540_00, 45_00, 54_00)...)
	elsewhere.Country = "DE"
	return []*Item{e5, pro, premium, business, basic, builder, school, retired, elsewhere}
}

// others are the items of a fresh simulator that are no licences of new commerce.
func others() []*Item {
	machine := item(seed.AzureReservation, "Reserved VM Instance, Standard_D1, US East", 999,
		once(termYear, cycleOnce, 400_00), once(termThree, cycleOnce, 900_00))
	machine.Kind = Reservation
	bought := item(seed.PerpetualSoftware, "Microsoft Identity Manager 2016 - 1 User CAL", 9_999, once(termForever, cycleOnce, 30_00))
	bought.Kind = Perpetual
	rented := item(seed.SoftwareSubscription, "SQL Server Enterprise - 2 Core License Pack", 9_999,
		once(termThree, cycleThree, 12_000_00), once(termYear, cycleYear, 5_000_00))
	rented.Kind = SoftwareTerm
	saas := item(seed.MarketplaceSaaS, "Barracuda WaaS - Medium Plan", 100,
		once(termMonth, cycleMonth, 200_00), once(termYear, cycleYear, 2_000_00))
	saas.Kind, saas.Publisher = Marketplace, "Barracuda Networks, Inc."
	azure := item(seed.AzurePlan, "Azure plan", 1, Term{Duration: termForever, BillingCycle: cycleMonth, Periods: 1})
	azure.Kind = AzurePlan
	annual := item(seed.PurchaseOrderSubscription, "Windows Server per User CAL, 1 year (government)", 9_999, once(termYear, cycleYear, 25_00))
	annual.Kind, annual.PurchaseOrder = SoftwareTerm, true
	forever := item(seed.PurchaseOrderSoftware, "Windows Server per Device CAL (government)", 9_999, once(termForever, cycleOnce, 50_00))
	forever.Kind, forever.PurchaseOrder = Perpetual, true
	return []*Item{machine, bought, rented, saas, azure, annual, forever, legacyBase(), legacyAddOn()}
}

func legacyBase() *Item {
	i := legacy(seed.LegacyOffice365E1, "Office 365 Enterprise E1")
	i.Provisioning, i.Extensible = "18181a46-0d4e-45cd-891e-60aabd171b4e", true
	return i
}

func legacyAddOn() *Item {
	i := legacy(seed.LegacyArchiving, "Exchange Online Archiving for Exchange Online")
	i.Provisioning, i.Bases = "ee02fd1b-340e-4a4b-b355-4a514e4c8943", []string{seed.LegacyOffice365E1}
	return i
}

func legacy(id, title string) *Item {
	return &Item{
		ID: id, ProductID: id, Title: title, MinQuantity: 1, MaxQuantity: manySeats, Segment: commercial, Publisher: microsoft, Kind: Legacy,
		Terms: []Term{{Duration: termYear, BillingCycle: cycleMonth, Price: 8_00 * hundredth, Periods: 12}, once(termYear, cycleYear, 96_00)},
	}
}

// seededCatalogue is the catalogue of a fresh simulator.
func seededCatalogue() *catalogue { return newCatalogue(append(licences(), others()...)...) }
