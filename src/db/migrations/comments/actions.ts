/** Comments on the tables of corporate actions and exceptions. */
export const ACTION_COMMENTS = {
  corporate_action: {
    table: 'Splits, dividends and other actions, entered or derived from prices. Rows are superseded, never deleted.',
    columns: {
      id: 'In the order of writing.',
      symbol: 'Ticker of the security in the session.',
      session: 'First session with the new price.',
      kind: 'none: a person says that the price moved without an action. distribution: a cash dividend or a spin-off, which prices do not tell apart.',
      new_shares: 'Shares that old_shares became: 10 for a split of 10:1, 1 for a reverse split of 1:10.',
      old_shares: 'Shares that new_shares came from.',
      amount_usd: 'USD a share.',
      source: 'derived: from the prices of the session; file; person.',
      entered_by: 'Who entered it. Null: derived.',
      evidence: 'Closes that it was derived from.',
      known_from: 'When it was recorded. UTC.',
      known_to: 'When it was withdrawn or superseded. Null: it is known.',
      withdrawn_by: 'Who withdrew it. Null: it was not withdrawn by a person.',
    },
  },
  exception: {
    table: 'Single figures that a person must decide about.',
    columns: {
      id: 'The number by which it is decided.',
      kind: 'PRICE_MOVE: a price moved like that of a split, and no action explains it.',
      symbol: 'Ticker of the security in the session.',
      session: 'Session of the doubted figure.',
      reason: 'Why it is doubted.',
      evidence: 'The figures.',
      proposal: 'What approving records. Null: nothing can be proposed.',
      state: 'open, approved, rejected, or superseded by other evidence.',
      known_at: 'When it was found. UTC.',
      decided_at: 'When it was decided. UTC.',
      decided_by: 'Who decided.',
    },
  },
  price_scan: {
    table: 'Sessions whose prices have been compared with those of the session before.',
    columns: {
      session: 'Session.',
      previous_session: 'Session it was compared with. Null: there was none.',
      scanned_at: 'When. UTC.',
    },
  },
} as const;
