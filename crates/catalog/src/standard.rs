//! The objects of the standards that every profile knows.

use crate::object::ObjectId;

/// Lists the standard objects in the order of `vendors/printer-mib.toml`.
macro_rules! standard_objects {
    ($($object:ident $name:literal,)*) => {
        /// Is an object of MIB-II, the Host Resources MIB or the Printer MIB that is read.
        ///
        /// Its number as an [`ObjectId`] is the same in every profile; a vendor's own objects come
        /// after [`Standard::COUNT`].
        ///
        /// Source: RFC 3418, RFC 2863, RFC 2790, RFC 3805.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum Standard {
            $($object,)*
        }

        impl Standard {
            /// Every standard object, by number.
            pub const ALL: &'static [Standard] = &[$(Standard::$object,)*];

            /// How many there are.
            pub const COUNT: usize = Standard::ALL.len();

            /// Returns the MIB's own name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Standard::$object => $name,)*
                }
            }
        }
    };
}

standard_objects! {
    SysDescr "sysDescr",
    SysObjectID "sysObjectID",
    SysUpTime "sysUpTime",
    SysName "sysName",
    SysLocation "sysLocation",
    IfType "ifType",
    IfPhysAddress "ifPhysAddress",
    IfOperStatus "ifOperStatus",
    HrMemorySize "hrMemorySize",
    HrStorageType "hrStorageType",
    HrStorageDescr "hrStorageDescr",
    HrStorageAllocationUnits "hrStorageAllocationUnits",
    HrStorageSize "hrStorageSize",
    HrStorageUsed "hrStorageUsed",
    HrDeviceType "hrDeviceType",
    HrDeviceDescr "hrDeviceDescr",
    HrDeviceID "hrDeviceID",
    HrDeviceStatus "hrDeviceStatus",
    HrDeviceErrors "hrDeviceErrors",
    HrPrinterStatus "hrPrinterStatus",
    HrPrinterDetectedErrorState "hrPrinterDetectedErrorState",
    PrtGeneralConfigChanges "prtGeneralConfigChanges",
    PrtGeneralCurrentLocalization "prtGeneralCurrentLocalization",
    PrtGeneralReset "prtGeneralReset",
    PrtInputDefaultIndex "prtInputDefaultIndex",
    PrtOutputDefaultIndex "prtOutputDefaultIndex",
    PrtMarkerDefaultIndex "prtMarkerDefaultIndex",
    PrtMediaPathDefaultIndex "prtMediaPathDefaultIndex",
    PrtConsoleLocalization "prtConsoleLocalization",
    PrtConsoleNumberOfDisplayLines "prtConsoleNumberOfDisplayLines",
    PrtConsoleNumberOfDisplayChars "prtConsoleNumberOfDisplayChars",
    PrtConsoleDisable "prtConsoleDisable",
    PrtAuxiliarySheetStartupPage "prtAuxiliarySheetStartupPage",
    PrtAuxiliarySheetBannerPage "prtAuxiliarySheetBannerPage",
    PrtGeneralPrinterName "prtGeneralPrinterName",
    PrtGeneralSerialNumber "prtGeneralSerialNumber",
    PrtAlertCriticalEvents "prtAlertCriticalEvents",
    PrtAlertAllEvents "prtAlertAllEvents",
    PrtCoverDescription "prtCoverDescription",
    PrtCoverStatus "prtCoverStatus",
    PrtLocalizationLanguage "prtLocalizationLanguage",
    PrtLocalizationCountry "prtLocalizationCountry",
    PrtLocalizationCharacterSet "prtLocalizationCharacterSet",
    PrtInputType "prtInputType",
    PrtInputDimUnit "prtInputDimUnit",
    PrtInputMediaDimFeedDirDeclared "prtInputMediaDimFeedDirDeclared",
    PrtInputMediaDimXFeedDirDeclared "prtInputMediaDimXFeedDirDeclared",
    PrtInputMediaDimFeedDirChosen "prtInputMediaDimFeedDirChosen",
    PrtInputMediaDimXFeedDirChosen "prtInputMediaDimXFeedDirChosen",
    PrtInputCapacityUnit "prtInputCapacityUnit",
    PrtInputMaxCapacity "prtInputMaxCapacity",
    PrtInputCurrentLevel "prtInputCurrentLevel",
    PrtInputStatus "prtInputStatus",
    PrtInputMediaName "prtInputMediaName",
    PrtInputName "prtInputName",
    PrtInputVendorName "prtInputVendorName",
    PrtInputModel "prtInputModel",
    PrtInputVersion "prtInputVersion",
    PrtInputSerialNumber "prtInputSerialNumber",
    PrtInputDescription "prtInputDescription",
    PrtInputSecurity "prtInputSecurity",
    PrtInputMediaWeight "prtInputMediaWeight",
    PrtInputMediaType "prtInputMediaType",
    PrtInputMediaColor "prtInputMediaColor",
    PrtInputMediaFormParts "prtInputMediaFormParts",
    PrtInputMediaLoadTimeout "prtInputMediaLoadTimeout",
    PrtInputNextIndex "prtInputNextIndex",
    PrtOutputType "prtOutputType",
    PrtOutputCapacityUnit "prtOutputCapacityUnit",
    PrtOutputMaxCapacity "prtOutputMaxCapacity",
    PrtOutputRemainingCapacity "prtOutputRemainingCapacity",
    PrtOutputStatus "prtOutputStatus",
    PrtOutputName "prtOutputName",
    PrtOutputVendorName "prtOutputVendorName",
    PrtOutputModel "prtOutputModel",
    PrtOutputVersion "prtOutputVersion",
    PrtOutputSerialNumber "prtOutputSerialNumber",
    PrtOutputDescription "prtOutputDescription",
    PrtOutputSecurity "prtOutputSecurity",
    PrtOutputDimUnit "prtOutputDimUnit",
    PrtOutputMaxDimFeedDir "prtOutputMaxDimFeedDir",
    PrtOutputMaxDimXFeedDir "prtOutputMaxDimXFeedDir",
    PrtOutputMinDimFeedDir "prtOutputMinDimFeedDir",
    PrtOutputMinDimXFeedDir "prtOutputMinDimXFeedDir",
    PrtOutputStackingOrder "prtOutputStackingOrder",
    PrtOutputPageDeliveryOrientation "prtOutputPageDeliveryOrientation",
    PrtOutputBursting "prtOutputBursting",
    PrtOutputDecollating "prtOutputDecollating",
    PrtOutputPageCollated "prtOutputPageCollated",
    PrtOutputOffsetStacking "prtOutputOffsetStacking",
    PrtMarkerMarkTech "prtMarkerMarkTech",
    PrtMarkerCounterUnit "prtMarkerCounterUnit",
    PrtMarkerLifeCount "prtMarkerLifeCount",
    PrtMarkerPowerOnCount "prtMarkerPowerOnCount",
    PrtMarkerProcessColorants "prtMarkerProcessColorants",
    PrtMarkerSpotColorants "prtMarkerSpotColorants",
    PrtMarkerAddressabilityUnit "prtMarkerAddressabilityUnit",
    PrtMarkerAddressabilityFeedDir "prtMarkerAddressabilityFeedDir",
    PrtMarkerAddressabilityXFeedDir "prtMarkerAddressabilityXFeedDir",
    PrtMarkerNorthMargin "prtMarkerNorthMargin",
    PrtMarkerSouthMargin "prtMarkerSouthMargin",
    PrtMarkerWestMargin "prtMarkerWestMargin",
    PrtMarkerEastMargin "prtMarkerEastMargin",
    PrtMarkerStatus "prtMarkerStatus",
    PrtMarkerSuppliesMarkerIndex "prtMarkerSuppliesMarkerIndex",
    PrtMarkerSuppliesColorantIndex "prtMarkerSuppliesColorantIndex",
    PrtMarkerSuppliesClass "prtMarkerSuppliesClass",
    PrtMarkerSuppliesType "prtMarkerSuppliesType",
    PrtMarkerSuppliesDescription "prtMarkerSuppliesDescription",
    PrtMarkerSuppliesSupplyUnit "prtMarkerSuppliesSupplyUnit",
    PrtMarkerSuppliesMaxCapacity "prtMarkerSuppliesMaxCapacity",
    PrtMarkerSuppliesLevel "prtMarkerSuppliesLevel",
    PrtMarkerColorantMarkerIndex "prtMarkerColorantMarkerIndex",
    PrtMarkerColorantRole "prtMarkerColorantRole",
    PrtMarkerColorantValue "prtMarkerColorantValue",
    PrtMarkerColorantTonality "prtMarkerColorantTonality",
    PrtMediaPathMaxSpeedPrintUnit "prtMediaPathMaxSpeedPrintUnit",
    PrtMediaPathMediaSizeUnit "prtMediaPathMediaSizeUnit",
    PrtMediaPathMaxSpeed "prtMediaPathMaxSpeed",
    PrtMediaPathMaxMediaFeedDir "prtMediaPathMaxMediaFeedDir",
    PrtMediaPathMaxMediaXFeedDir "prtMediaPathMaxMediaXFeedDir",
    PrtMediaPathMinMediaFeedDir "prtMediaPathMinMediaFeedDir",
    PrtMediaPathMinMediaXFeedDir "prtMediaPathMinMediaXFeedDir",
    PrtMediaPathType "prtMediaPathType",
    PrtMediaPathDescription "prtMediaPathDescription",
    PrtMediaPathStatus "prtMediaPathStatus",
    PrtChannelType "prtChannelType",
    PrtChannelProtocolVersion "prtChannelProtocolVersion",
    PrtChannelCurrentJobCntlLangIndex "prtChannelCurrentJobCntlLangIndex",
    PrtChannelDefaultPageDescLangIndex "prtChannelDefaultPageDescLangIndex",
    PrtChannelState "prtChannelState",
    PrtChannelIfIndex "prtChannelIfIndex",
    PrtChannelStatus "prtChannelStatus",
    PrtChannelInformation "prtChannelInformation",
    PrtInterpreterLangFamily "prtInterpreterLangFamily",
    PrtInterpreterLangLevel "prtInterpreterLangLevel",
    PrtInterpreterLangVersion "prtInterpreterLangVersion",
    PrtInterpreterDescription "prtInterpreterDescription",
    PrtInterpreterVersion "prtInterpreterVersion",
    PrtInterpreterDefaultOrientation "prtInterpreterDefaultOrientation",
    PrtInterpreterFeedAddressability "prtInterpreterFeedAddressability",
    PrtInterpreterXFeedAddressability "prtInterpreterXFeedAddressability",
    PrtInterpreterDefaultCharSetIn "prtInterpreterDefaultCharSetIn",
    PrtInterpreterDefaultCharSetOut "prtInterpreterDefaultCharSetOut",
    PrtInterpreterTwoWay "prtInterpreterTwoWay",
    PrtConsoleDisplayBufferText "prtConsoleDisplayBufferText",
    PrtConsoleOnTime "prtConsoleOnTime",
    PrtConsoleOffTime "prtConsoleOffTime",
    PrtConsoleColor "prtConsoleColor",
    PrtConsoleDescription "prtConsoleDescription",
    PrtAlertSeverityLevel "prtAlertSeverityLevel",
    PrtAlertTrainingLevel "prtAlertTrainingLevel",
    PrtAlertGroup "prtAlertGroup",
    PrtAlertGroupIndex "prtAlertGroupIndex",
    PrtAlertLocation "prtAlertLocation",
    PrtAlertCode "prtAlertCode",
    PrtAlertDescription "prtAlertDescription",
    PrtAlertTime "prtAlertTime",
}

impl From<Standard> for ObjectId {
    fn from(object: Standard) -> Self {
        ObjectId(object as u16)
    }
}
