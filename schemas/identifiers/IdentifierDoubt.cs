namespace Hub.Schemas;

/// <summary>
/// What is odd about an identifier. A doubt warns and never refuses: identifiers with failing check digits were really issued
/// (the pilot batch of GB 32100), and old and local codes stay in use for the life of a project.
/// </summary>
public enum IdentifierDoubt
{
    None,

    /// <summary>Nothing is left once blanks are taken away.</summary>
    Empty,

    /// <summary>Wrong length or characters.</summary>
    Form,

    /// <summary>The form is right, the check digit is not.</summary>
    CheckDigit,

    /// <summary>The organisation code inside a unified social credit code (GB 11714) fails its own check digit.</summary>
    OrganisationCode,

    /// <summary>Part of it is hidden behind <c>*</c>: it does not name one thing.</summary>
    Masked,

    /// <summary>A project code of the years 2016 to 2020, which has no check digit.</summary>
    OldForm,

    /// <summary>A project code of neither national form.</summary>
    LocalForm,

    /// <summary>A document number without a bracketed year.</summary>
    NoYear,

    /// <summary>The first two digits are no province of GB/T 2260.</summary>
    UnknownProvince,
}
