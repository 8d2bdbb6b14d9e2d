/** Forms of the files of an export. */
export const EXPORT_FORMATS = ['csv', 'parquet'] as const;

export type ExportFormat = (typeof EXPORT_FORMATS)[number];
