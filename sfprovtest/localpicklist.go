package sfprovtest

import (
	"encoding/base64"
	"maps"
	"slices"
)

// Country is a country or territory of an org's picklists.
type Country struct {
	Name   string            // such as "Germany"
	States map[string]string // names by code, such as "Bavaria" by "BY"
}

// locals are the picklists for states and countries, and the currencies, that an org can
// switch on.
type locals struct {
	countries map[string]Country // by code
}

// SetCountries switches on the picklists for states and countries, which orgs can have: User
// gets StateCode and CountryCode, whose values are those of the table, by their codes.
// State and Country follow the codes, and the codes follow them. See "State and Country/Territory
// Picklists" in Salesforce Help.
func (o *Org) SetCountries(countries map[string]Country) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.locals.countries = map[string]Country{}
	var states []string
	for code, country := range countries {
		o.locals.countries[code] = Country{Name: country.Name, States: maps.Clone(country.States)}
		states = slices.AppendSeq(states, maps.Keys(country.States))
	}
	slices.Sort(states)
	o.picklist["countrycode"] = slices.Sorted(maps.Keys(countries))
	o.picklist["statecode"] = slices.Compact(states)
	o.switchOn(as(typePicklist, text("StateCode", "State/Province Code", 10)))
	o.switchOn(as(typePicklist, text("CountryCode", "Country Code", 10)))
}

// SetCurrencies makes the org one with several currencies, the first of which is its own:
// User gets CurrencyIsoCode, without which no user is created then, and
// DefaultCurrencyIsoCode.
func (o *Org) SetCurrencies(own string, others ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := append([]string{own}, others...)
	o.picklist["currencyisocode"], o.picklist["defaultcurrencyisocode"] = all, all
	o.switchOn(mandatory(as(typePicklist, text("CurrencyIsoCode", "Currency ISO Code", 3))))
	o.switchOn(preset(own, as(typePicklist, text("DefaultCurrencyIsoCode", "Default Currency ISO Code", 3))))
	for _, user := range o.rows["User"] {
		user["currencyisocode"], user["defaultcurrencyisocode"] = own, own
	}
}

// switchOn adds a field of User that not all orgs have.
func (o *Org) switchOn(f field) {
	if _, exists := o.fieldOf(userObject, f.name); !exists {
		o.fields = append(slices.Clip(o.fields), f)
	}
}

// localRefusal is the answer to a state or country that the picklist has not got.
func (o *Org) localRefusal(f field) (Refusal, bool) {
	switch f.name {
	case "CountryCode":
		return badCountry(f.name), true
	case "StateCode":
		return badState(f.name), true
	}
	return Refusal{}, false
}

func badCountry(field string) Refusal {
	return badRequest("FIELD_INTEGRITY_EXCEPTION", "There's a problem with this country, even though it may appear correct. Please select a country/territory from the list of valid countries.", field)
}

func badState(field string) Refusal {
	return badRequest("FIELD_INTEGRITY_EXCEPTION", "There's a problem with this state, even though it may appear correct. Please select a state from the list of valid states.", field)
}

// localise brings the names of state and country in line with their codes, or the codes
// with the names; after is the user as the change leaves it.
func (o *Org) localise(after, change row) error {
	if o.locals.countries == nil {
		return nil
	}
	if err := o.follow(after, change, "country", "countrycode", "Country", func(name string) string {
		for code, country := range o.locals.countries {
			if country.Name == name || code == name {
				return code
			}
		}
		return ""
	}, func(code string) string { return o.locals.countries[code].Name }, badCountry); err != nil {
		return err
	}
	code, _ := after["countrycode"].(string)
	states := o.locals.countries[code].States
	if err := o.follow(after, change, "state", "statecode", "State", func(name string) string {
		for code, state := range states {
			if state == name || code == name {
				return code
			}
		}
		return ""
	}, func(code string) string { return states[code] }, badState); err != nil {
		return err
	}
	if code, given := after["statecode"].(string); given && states[code] == "" {
		return badState("StateCode")
	}
	return nil
}

// follow brings a name in line with its code, or the code with the name where only that
// was sent.
func (o *Org) follow(after, change row, name, code, field string, codeOf, nameOf func(string) string, refusal func(string) Refusal) error {
	_, codeSent := change[code]
	_, nameSent := change[name]
	switch {
	case codeSent:
		text, _ := after[code].(string)
		after[name] = orNil(nameOf(text))
	case nameSent:
		text, _ := after[name].(string)
		found := codeOf(text)
		if text != "" && found == "" {
			return refusal(field)
		}
		after[code], after[name] = orNil(found), orNil(nameOf(found))
	}
	return nil
}

// labelOf is what a value of a picklist is called.
func (o *Org) labelOf(f field, value string) string {
	switch f.name {
	case "CountryCode":
		return o.locals.countries[value].Name
	case "StateCode":
		for _, country := range o.locals.countries {
			if name := country.States[value]; name != "" {
				return name
			}
		}
	}
	return value
}

// validFor tells of a state for which countries it is one: a bit for each of the countries,
// in their order, in base 64.
func (o *Org) validFor(f field, value string) any {
	if f.name != "StateCode" {
		return nil
	}
	countries := o.picklist["countrycode"]
	bits := make([]byte, (len(countries)+7)/8)
	for i, code := range countries {
		if o.locals.countries[code].States[value] != "" {
			bits[i/8] |= 0x80 >> (i % 8)
		}
	}
	return base64.StdEncoding.EncodeToString(bits)
}
