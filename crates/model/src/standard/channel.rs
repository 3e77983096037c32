//! How jobs come in and in which language.

standard_enum! {
    /// Is the protocol of a channel that jobs come in by.
    ///
    /// Source: RFC 3805, PrtChannelTypeTC; IANA-PRINTER-MIB.
    ChannelType with other(1) {
        Unknown = 2 "unknown",
        ChSerialPort = 3 "chSerialPort",
        ChParallelPort = 4 "chParallelPort",
        ChIEEE1284Port = 5 "chIEEE1284Port",
        ChSCSIPort = 6 "chSCSIPort",
        ChAppleTalkPAP = 7 "chAppleTalkPAP",
        ChLPDServer = 8 "chLPDServer",
        ChNetwareRPrinter = 9 "chNetwareRPrinter",
        ChNetwarePServer = 10 "chNetwarePServer",
        ChPort9100 = 11 "chPort9100",
        ChAppSocket = 12 "chAppSocket",
        ChFTP = 13 "chFTP",
        ChTFTP = 14 "chTFTP",
        ChDLCLLCPort = 15 "chDLCLLCPort",
        ChIBM3270 = 16 "chIBM3270",
        ChIBM5250 = 17 "chIBM5250",
        ChFax = 18 "chFax",
        ChIEEE1394 = 19 "chIEEE1394",
        ChTransport1 = 20 "chTransport1",
        ChCPAP = 21 "chCPAP",
        ChDCERemoteProcCall = 22 "chDCERemoteProcCall",
        ChONCRemoteProcCall = 23 "chONCRemoteProcCall",
        ChOLE = 24 "chOLE",
        ChNamedPipe = 25 "chNamedPipe",
        ChPCPrint = 26 "chPCPrint",
        ChServerMessageBlock = 27 "chServerMessageBlock",
        ChDPMF = 28 "chDPMF",
        ChDLLAPI = 29 "chDLLAPI",
        ChVxDAPI = 30 "chVxDAPI",
        ChSystemObjectManager = 31 "chSystemObjectManager",
        ChDECLAT = 32 "chDECLAT",
        ChNPAP = 33 "chNPAP",
        ChUSB = 34 "chUSB",
        ChIRDA = 35 "chIRDA",
        ChPrintXChange = 36 "chPrintXChange",
        ChPortTCP = 37 "chPortTCP",
        ChBidirPortTCP = 38 "chBidirPortTCP",
        ChUNPP = 39 "chUNPP",
        ChAppleTalkADSP = 40 "chAppleTalkADSP",
        ChPortSPX = 41 "chPortSPX",
        ChPortHTTP = 42 "chPortHTTP",
        ChNDPS = 43 "chNDPS",
        ChIPP = 44 "chIPP",
        ChSMTP = 45 "chSMTP",
        ChWSPrint = 46 "chWSPrint",
    }
}

standard_enum! {
    /// Is whether a channel takes print data.
    ///
    /// Source: RFC 3805, PrtChannelStateTC.
    ChannelState with other(1) {
        PrintDataAccepted = 3 "printDataAccepted",
        NoDataAccepted = 4 "noDataAccepted",
    }
}

standard_enum! {
    /// Is the page description or control language of an interpreter.
    ///
    /// Source: RFC 3805, PrtInterpreterLangFamilyTC; IANA-PRINTER-MIB.
    InterpreterLangFamily with other(1) {
        Unknown = 2 "unknown",
        LangPCL = 3 "langPCL",
        LangHPGL = 4 "langHPGL",
        LangPJL = 5 "langPJL",
        LangPS = 6 "langPS",
        LangIPDS = 7 "langIPDS",
        LangPPDS = 8 "langPPDS",
        LangEscapeP = 9 "langEscapeP",
        LangEpson = 10 "langEpson",
        LangDDIF = 11 "langDDIF",
        LangInterpress = 12 "langInterpress",
        LangISO6429 = 13 "langISO6429",
        LangLineData = 14 "langLineData",
        LangMODCA = 15 "langMODCA",
        LangREGIS = 16 "langREGIS",
        LangSCS = 17 "langSCS",
        LangSPDL = 18 "langSPDL",
        LangTEK4014 = 19 "langTEK4014",
        LangPDS = 20 "langPDS",
        LangIGP = 21 "langIGP",
        LangCodeV = 22 "langCodeV",
        LangDSCDSE = 23 "langDSCDSE",
        LangWPS = 24 "langWPS",
        LangLN03 = 25 "langLN03",
        LangCCITT = 26 "langCCITT",
        LangQUIC = 27 "langQUIC",
        LangCPAP = 28 "langCPAP",
        LangDecPPL = 29 "langDecPPL",
        LangSimpleText = 30 "langSimpleText",
        LangNPAP = 31 "langNPAP",
        LangDOC = 32 "langDOC",
        LangimPress = 33 "langimPress",
        LangPinwriter = 34 "langPinwriter",
        LangNPDL = 35 "langNPDL",
        LangNEC201PL = 36 "langNEC201PL",
        LangAutomatic = 37 "langAutomatic",
        LangPages = 38 "langPages",
        LangLIPS = 39 "langLIPS",
        LangTIFF = 40 "langTIFF",
        LangDiagnostic = 41 "langDiagnostic",
        LangPSPrinter = 42 "langPSPrinter",
        LangCaPSL = 43 "langCaPSL",
        LangEXCL = 44 "langEXCL",
        LangLCDS = 45 "langLCDS",
        LangXES = 46 "langXES",
        LangPCLXL = 47 "langPCLXL",
        LangART = 48 "langART",
        LangTIPSI = 49 "langTIPSI",
        LangPrescribe = 50 "langPrescribe",
        LangLinePrinter = 51 "langLinePrinter",
        LangIDP = 52 "langIDP",
        LangXJCL = 53 "langXJCL",
        LangPDF = 54 "langPDF",
        LangRPDL = 55 "langRPDL",
        LangIntermecIPL = 56 "langIntermecIPL",
        LangUBIFingerprint = 57 "langUBIFingerprint",
        LangUBIDirectProtocol = 58 "langUBIDirectProtocol",
        LangFujitsu = 59 "langFujitsu",
        LangCGM = 60 "langCGM",
        LangJPEG = 61 "langJPEG",
        LangCALS1 = 62 "langCALS1",
        LangCALS2 = 63 "langCALS2",
        LangNIRS = 64 "langNIRS",
        LangC4 = 65 "langC4",
        LangXPS = 66 "langXPS",
        LangOpenXPS = 67 "langOpenXPS",
        LangJDF = 68 "langJDF",
        LangJMF = 69 "langJMF",
        LangPPML = 70 "langPPML",
        LangXHTMLPrint = 71 "langXHTMLPrint",
        LangPDFis = 72 "langPDFis",
        LangPDF13 = 73 "langPDF13",
        LangPDF14 = 74 "langPDF14",
        LangPDF15 = 75 "langPDF15",
        LangPDF16 = 76 "langPDF16",
        LangPDF17 = 77 "langPDF17",
        LangPS2 = 78 "langPS2",
        LangPS3 = 79 "langPS3",
        LangPCL3 = 80 "langPCL3",
        LangPCL3GUI = 81 "langPCL3GUI",
        LangPCL5e = 82 "langPCL5e",
        LangPCL5c = 83 "langPCL5c",
        LangPWGRaster = 84 "langPWGRaster",
        LangAppleRaster = 85 "langAppleRaster",
    }
}

standard_enum! {
    /// Is whether an interpreter answers to the host.
    ///
    /// Source: RFC 3805, PrtInterpreterTwoWayTC.
    InterpreterTwoWay {
        Yes = 3 "yes",
        No = 4 "no",
    }
}

standard_enum! {
    /// Is how a page lies by default.
    ///
    /// Source: RFC 3805, PrtPrintOrientationTC.
    PrintOrientation with other(1) {
        Portrait = 3 "portrait",
        Landscape = 4 "landscape",
    }
}
