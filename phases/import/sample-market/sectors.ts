/** The weight of an industry within its sector, and the words for names of its companies. */
interface Industry {
  readonly name: string;
  readonly weight: number;
  readonly words: readonly string[];
}

export interface Sector {
  readonly name: string;
  readonly weight: number;
  readonly industries: readonly Industry[];
}

/** Sectors and industries as the NASDAQ stock screener names them, with about its weights of June 2026, rounded. */
export const SECTORS: readonly Sector[] = [
  sector('Finance', 19, [
    industry('Major Banks', 29, 'Bancorp', 'Bancshares', 'Financial'),
    industry('Finance: Consumer Services', 15, 'Credit', 'Lending'),
    industry('Investment Managers', 14, 'Asset Management', 'Capital'),
    industry('Property-Casualty Insurers', 9, 'Insurance', 'Casualty'),
    industry('Investment Bankers/Brokers/Service', 8, 'Securities', 'Markets'),
    industry('Finance Companies', 7, 'Finance', 'Acceptance'),
    industry('Commercial Banks', 5, 'Bank'),
    industry('Savings Institutions', 4, 'Savings'),
    industry('Specialty Insurers', 4, 'Surety', 'Assurance'),
    industry('Life Insurance', 3, 'Life'),
  ]),
  sector('Health Care', 18, [
    industry('Biotechnology: Pharmaceutical Preparations', 50, 'Therapeutics', 'Pharma', 'Biosciences'),
    industry('Biotechnology: Biological Products (No Diagnostic Substances)', 17, 'Biologics', 'Genetics'),
    industry('Medical/Dental Instruments', 13, 'Medical', 'Surgical'),
    industry('Medical Specialities', 5, 'Orthopedics', 'Care'),
    industry('Medical/Nursing Services', 4, 'Clinics'),
    industry('Biotechnology: Electromedical & Electrotherapeutic Apparatus', 3, 'Neuro'),
    industry('Biotechnology: In Vitro & In Vivo Diagnostic Substances', 2, 'Diagnostics'),
    industry('Hospital/Nursing Management', 2, 'Hospitals', 'Health'),
    industry('Ophthalmic Goods', 1, 'Vision'),
  ]),
  sector('Consumer Discretionary', 17, [
    industry('Business Services', 12, 'Business Services', 'Outsourcing'),
    industry('Marine Transportation', 8, 'Shipping', 'Maritime'),
    industry('Services-Misc. Amusement & Recreation', 7, 'Leisure', 'Resorts'),
    industry('Restaurants', 7, 'Restaurants', 'Kitchens'),
    industry('Professional Services', 6, 'Consulting', 'Staffing'),
    industry('Other Specialty Stores', 6, 'Stores', 'Outfitters'),
    industry('Auto Parts:O.E.M.', 5, 'Auto Parts', 'Drivetrain'),
    industry('Other Consumer Services', 5, 'Learning', 'Services'),
    industry('Hotels/Resorts', 5, 'Hotels', 'Hospitality'),
    industry('Catalog/Specialty Distribution', 4, 'Direct', 'Marketplace'),
    industry('Homebuilding', 4, 'Homes', 'Builders'),
    industry('Advertising', 4, 'Media', 'Advertising'),
    industry('Clothing/Shoe/Accessory Stores', 3, 'Apparel', 'Footwear'),
  ]),
  sector('Technology', 14, [
    industry('Computer Software: Prepackaged Software', 32, 'Software', 'Cloud', 'Analytics'),
    industry('EDP Services', 23, 'Data', 'Technologies', 'Digital'),
    industry('Semiconductors', 13, 'Semiconductor', 'Microdevices', 'Silicon'),
    industry('Computer Software: Programming Data Processing', 11, 'Interactive', 'Networks'),
    industry('Industrial Machinery/Components', 5, 'Automation'),
    industry('Radio And Television Broadcasting And Communications Equipment', 3, 'Wireless'),
    industry('Electrical Products', 3, 'Photonics'),
    industry('Electronic Components', 3, 'Electronics', 'Circuits'),
    industry('Computer peripheral equipment', 3, 'Storage', 'Peripherals'),
    industry('Computer Manufacturing', 1, 'Computer'),
  ]),
  sector('Industrials', 11, [
    industry('Industrial Machinery/Components', 18, 'Machinery', 'Controls'),
    industry('Major Chemicals', 11, 'Chemical', 'Polymers'),
    industry('Metal Fabrications', 6, 'Fabrication', 'Castings'),
    industry('Auto Manufacturing', 6, 'Motors'),
    industry('Military/Government/Technical', 6, 'Defense', 'Systems'),
    industry('Aerospace', 6, 'Aerospace', 'Avionics'),
    industry('Steel/Iron Ore', 5, 'Steel'),
    industry('Biotechnology: Laboratory Analytical Instruments', 4, 'Instruments'),
    industry('Trucking Freight/Courier Services', 4, 'Freight', 'Trucking'),
    industry('Integrated Freight & Logistics', 3, 'Logistics'),
    industry('Electrical Products', 2, 'Electric'),
    industry('Agricultural Chemicals', 2, 'Fertilizer'),
  ]),
  sector('Real Estate', 5, [
    industry('Real Estate Investment Trusts', 76, 'Realty Trust', 'Properties', 'REIT'),
    industry('Other Consumer Services', 14, 'Land'),
    industry('Building operators', 3, 'Buildings'),
    industry('Real Estate', 2, 'Real Estate'),
    industry('Homebuilding', 1, 'Communities'),
  ]),
  sector('Energy', 4, [
    industry('Oil & Gas Production', 58, 'Petroleum', 'Exploration', 'Resources'),
    industry('Oilfield Services/Equipment', 11, 'Drilling', 'Oilfield Services'),
    industry('Integrated oil Companies', 8, 'Oil', 'Energy'),
    industry('Coal Mining', 6, 'Coal'),
    industry('Oil Refining/Marketing', 6, 'Refining'),
    industry('Industrial Machinery/Components', 5, 'Compression'),
  ]),
  sector('Utilities', 4, [
    industry('Electric Utilities: Central', 41, 'Electric', 'Power & Light'),
    industry('Power Generation', 14, 'Power', 'Renewables'),
    industry('Natural Gas Distribution', 13, 'Gas', 'Gas & Electric'),
    industry('Oil/Gas Transmission', 8, 'Pipeline', 'Midstream'),
    industry('Water Supply', 8, 'Water'),
    industry('Environmental Services', 6, 'Environmental'),
  ]),
  sector('Consumer Staples', 3, [
    industry('Packaged Foods', 32, 'Foods', 'Provisions'),
    industry('Beverages (Production/Distribution)', 25, 'Beverage', 'Brewing'),
    industry('Farming/Seeds/Milling', 12, 'Farms', 'Milling'),
    industry('Food Chains', 10, 'Markets', 'Grocers'),
    industry('Specialty Foods', 6, 'Confections'),
    industry('Meat/Poultry/Fish', 4, 'Meats'),
    industry('Retail-Drug Stores and Proprietary Stores', 3, 'Pharmacies'),
  ]),
  sector('Basic Materials', 3, [
    industry('Precious Metals', 47, 'Gold', 'Royalty', 'Bullion'),
    industry('Metal Mining', 28, 'Mining', 'Minerals'),
    industry('Other Metals and Minerals', 9, 'Lithium', 'Rare Earths'),
    industry('Paper', 6, 'Paper'),
    industry('Forest Products', 5, 'Timber'),
    industry('Major Chemicals', 5, 'Materials'),
  ]),
  sector('Telecommunications', 2, [
    industry('Telecommunications Equipment', 62, 'Telecom', 'Communications'),
    industry('Cable & Other Pay Television Services', 18, 'Cable', 'Broadband'),
    industry('Computer Communications Equipment', 17, 'Networking'),
    industry('Metal Fabrications', 3, 'Towers'),
  ]),
];

function sector(name: string, weight: number, industries: readonly Industry[]): Sector {
  return { name, weight, industries };
}

function industry(name: string, weight: number, ...words: string[]): Industry {
  return { name, weight, words };
}
