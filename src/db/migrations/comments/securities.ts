/** Comments on the tables of securities, and on columns that refer to them. */
export const SECURITY_COMMENTS = {
  security: {
    table: 'One listed instrument for its whole life. Rows are never deleted.',
    columns: {
      id: 'Permanent: the same through changes of the ticker, and again after a replay.',
      first_ticker: 'Ticker it had first.',
      first_session: 'Since when it had that ticker. -infinity: since before anything was recorded.',
      recorded_at: 'When it was first recorded. UTC.',
    },
  },
  security_ticker: {
    table: 'Which security a ticker stood for in a session, as known at a time.',
    columns: {
      security_id: 'Security.',
      ticker: 'Ticker.',
      valid_from: 'First session. -infinity: since before anything was recorded.',
      valid_to:
        'First session in which it stands for another security, or for none. Null: it still stands for this one.',
      known_from: 'When it was recorded. UTC.',
      known_to: 'When something else became known. Null: this is known.',
    },
  },
} as const;

/** Columns that older tables got. */
export const SECURITY_COLUMN_COMMENTS = {
  'membership.security_id': 'Security that the symbol stood for in valid_from.',
  'exception.kind':
    'PRICE_MOVE: a price moved like that of a split, and no action explains it. RENAME: a newcomer is probably a security that left. SAME_COMPANY: two stocks may be classes of one company.',
  'exception.other': 'The ticker that left, or the larger class. Null: it is about one ticker.',
  'symbol_fact.cik': 'Identifier of the company, SEC, as the host has it.',
  'symbol_fact.figi': 'Share class FIGI, else composite FIGI, as the host has it.',
  'valuation.company': 'Ticker of the class that stands for the company, where it has several. Null: it has one.',
  'valuation.company_rank': 'Rank among companies. Null: not eligible, or another class stands for the company.',
} as const;
