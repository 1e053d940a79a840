"""A model, how good it is, what its direction shows, and figures: as one HTML or PDF file that needs nothing else."""

from analysis.report.content import (
    MOST_FIGURES,
    CasePicture,
    CheckedData,
    Report,
    ReportedCase,
    ReportSettings,
)
from analysis.report.making import make_report
from analysis.report.writing import report_html, report_pdf, write_report

__all__ = [
    "MOST_FIGURES",
    "CasePicture",
    "CheckedData",
    "Report",
    "ReportSettings",
    "ReportedCase",
    "make_report",
    "report_html",
    "report_pdf",
    "write_report",
]
